import type { SharedPackage } from '../model/code-facts.ts';
import { basenameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import { isRecord } from '../repo/manifest.ts';
import type { Sibling } from '../repo/sibling-packages.ts';
import { readJsonc } from './shared-package-files.ts';

interface Added {
  readonly shared: SharedPackage;
  readonly sibling: Sibling | undefined;
  readonly isNew: boolean;
  /** It has output that services import. */
  readonly isBuilt: boolean;
  /** The packages of the repository are installed together. */
  readonly isWorkspace: boolean;
}

/** Notes what no plan changes: the order of builds, and images whose files are copied package by package. */
export function noteBuildOrder(draft: Draft, service: Service, added: Added): void {
  const { isBuilt, isNew, isWorkspace, shared, sibling } = added;
  if (isNew && sibling !== undefined) draft.note(`${shared.dir} is made as ${sibling.dir} is.`);
  if (isNew && !isWorkspace)
    draft.note(`Install what ${shared.dir} needs: ${commandIn(service, shared.dir, 'install')}`);
  if (isNew && isBuilt) noteBuild(draft, service, added);
  for (const path of imageFiles(draft, service.dir)) noteImage(draft, service, added, path);
}

function noteBuild(draft: Draft, service: Service, { isWorkspace, shared: { dir, name } }: Added): void {
  const runner = taskRunners.find(({ file }) => draft.repo.read(file) !== undefined);
  const gaps = runner === undefined ? undefined : unordered(readJsonc(draft.repo.read(runner.file)), runner);
  if (gaps?.length === 0) return;
  if (runner !== undefined && gaps !== undefined) {
    draft.note(
      `${runner.file} does not build packages before their users: add "^build" to dependsOn of ${gaps.join(', ')}.`,
    );
    return;
  }
  const manager = service.tooling.packageManager;
  const inWorkspace = {
    npm: `npm run build --workspace ${dir}`,
    pnpm: `pnpm --filter ./${dir} build`,
    yarn: `yarn workspace ${name} build`,
    bun: `bun run --cwd ${dir} build`,
  };
  const command = isWorkspace ? inWorkspace[manager] : commandIn(service, dir, 'run build');
  draft.note(`Build ${dir} before the services that use it: ${command}`);
}

/** A command of the package manager in a folder. */
function commandIn({ tooling }: Service, dir: RelPath, command: string): string {
  const flag = { npm: '--prefix', pnpm: '--dir', yarn: '--cwd', bun: '--cwd' }[tooling.packageManager];
  const [first = '', ...rest] = command.split(' ');
  // Bun takes its flag after its command.
  return tooling.packageManager === 'bun'
    ? `bun ${[first, flag, dir, ...rest].join(' ')}`
    : `${tooling.packageManager} ${[flag, dir, first, ...rest].join(' ')}`;
}

interface TaskRunner {
  readonly file: RelPath;
  /** Members that hold its tasks by their name. */
  readonly tasks: readonly string[];
}

const taskRunners: readonly TaskRunner[] = [
  { file: toRel('turbo.json'), tasks: ['tasks', 'pipeline'] },
  { file: toRel('nx.json'), tasks: ['targetDefaults'] },
];

/** The tasks of those that services need built packages for, that do not wait for the builds of what they use. */
function unordered(config: unknown, { tasks: members }: TaskRunner): readonly string[] {
  const found = isRecord(config) ? members.map((name) => config[name]).find(isRecord) : undefined;
  const tasks = found ?? {};
  const waitsFor = (name: string): readonly unknown[] => {
    const task = tasks[name];
    const listed = isRecord(task) ? task['dependsOn'] : undefined;
    return Array.isArray(listed) ? listed : [];
  };
  const isOrdered = (name: string): boolean =>
    waitsFor(name).includes('^build') ||
    (name !== 'build' && waitsFor(name).includes('build') && isOrdered('build'));
  return ['build', ...['test', 'dev'].filter((name) => tasks[name] !== undefined)].filter(
    (name) => !isOrdered(name),
  );
}

/** Dockerfiles of the service, and those of the root, which may build it. */
function imageFiles({ repo }: Draft, dir: RelPath): readonly RelPath[] {
  return [...new Set([toRel(''), toRel('docker'), dir])].flatMap((folder) =>
    repo
      .list(folder)
      .filter(({ kind, name }) => kind === 'file' && /^(?:.*\.)?Dockerfile(?:\..*)?$/i.test(name))
      .map(({ name }) => joinRel(folder, name)),
  );
}

/** A line of a Dockerfile that copies files of the context. */
type Copy = Readonly<{ line: number; sources: readonly string[] }>;

function noteImage(draft: Draft, { dir }: Service, { isBuilt, shared, sibling }: Added, path: RelPath): void {
  const text = draft.repo.read(path) ?? '';
  if (mentions(text, shared.dir)) return;
  const copies = copiesIn(text);
  const last = (pattern: RegExp): Copy | undefined =>
    copies.findLast(({ sources }) => sources.some((source) => pattern.test(source)));
  const isOfService = dir !== '' && mentions(text, dir);
  // Its context is the folder of the service, or it copies what it does not name.
  if (!isOfService && !(sibling !== undefined && mentions(text, sibling.dir))) {
    if (dir !== '' && path.startsWith(`${dir}/`) && copies.length > 0)
      draft.note(`${path} builds ${basenameRel(dir)}: its context has to hold ${shared.dir} too.`);
    return;
  }
  const manifest = last(/[^/]\/package(?:\*|\.json|-lock)/);
  const all = last(/^\.\/?$/);
  const files = all === undefined ? last(/^(?:\.\/)?[\w@.-]+\/[\w@.-]+/) : undefined;
  const lines = [
    ...(manifest === undefined ? [] : [[manifest.line, `COPY ${shared.dir}/package.json ${shared.dir}/`]]),
    ...(files === undefined || files === manifest ? [] : [[files.line, `COPY ${shared.dir} ${shared.dir}`]]),
  ];
  for (const [line, wanted] of lines)
    draft.note(`${path}:${String(line)} copies package by package: add ${String(wanted)}`);
  const isCompiled =
    /^\s*RUN\b.*\bbuild\b/im.test(text) && !/\b(?:turbo|nx|tsc -b|--workspaces|-r)\b/.test(text);
  if (isBuilt && isCompiled) draft.note(`${path} builds packages one by one: build ${shared.dir} first.`);
}

function mentions(text: string, dir: RelPath): boolean {
  const at = text.indexOf(dir);
  return at >= 0 && !/[\w-]/.test(text.charAt(at + dir.length));
}

function copiesIn(text: string): readonly Copy[] {
  return text.split('\n').flatMap((line, index): readonly Copy[] => {
    const words = line.trim().split(/\s+/);
    if (!/^(?:COPY|ADD)$/i.test(words[0] ?? '') || words.some((word) => word.startsWith('--from=')))
      return [];
    const sources = words.slice(1, -1).filter((word) => !word.startsWith('--'));
    return [{ line: index + 1, sources }];
  });
}
