import { LOCKS } from 'package-manager-detector/constants';

import type { TestingFact, ToolingFact } from '../model/code-facts.ts';
import { dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { Service, ServiceHead } from '../model/service.ts';
import { isRecord, manifestsAbove, readManifest } from '../repo/manifest.ts';
import type { Survey } from '../program/survey.ts';
import { specifiersOf } from '../syntax/symbols.ts';

type Manager = ToolingFact['packageManager'];

const managers = ['npm', 'pnpm', 'yarn', 'bun'] as const;

/** What a service is installed, formatted and run with; looks at its folder and those above, up to the root. */
export function surveyTooling(repo: Repo, { dir }: Pick<ServiceHead, 'dir'>): ToolingFact {
  const manifests = manifestsAbove(repo, dir);
  const has = (name: string): boolean =>
    manifests.some(({ dependencies }) => dependencies[name] !== undefined);
  const started = typeScriptStart(manifests[0]?.scripts ?? {});
  const runTypeScript = (started && loaderFlags(started)) ?? runnerOf(has);
  return {
    ...packageManagerOf(repo, dir),
    formatter: formatterOf(repo, dir, has),
    ...(runTypeScript !== undefined && { runTypeScript }),
  };
}

/** Its own command may be given `--files` or `--transpile-only`; without types it starts with either. */
const tsNode = ['-r', 'ts-node/register/transpile-only'];

/** By the installed packages, when no script names a runner. */
function runnerOf(has: (name: string) => boolean): readonly string[] | undefined {
  if (has('tsx')) return ['--import', 'tsx'];
  return has('ts-node') ? tsNode : undefined;
}

function packageManagerOf(repo: Repo, dir: RelPath): Pick<ToolingFact, 'packageManager' | 'installRoot'> {
  const manifests = manifestsAbove(repo, dir);
  const declared = manifests.find(({ json }) => typeof json['packageManager'] === 'string');
  const named = managers.find((name) => String(declared?.json['packageManager']).startsWith(`${name}@`));
  const locked = foldersAbove(dir).flatMap((folder) => {
    const manager = lockedBy(repo, folder);
    return manager === undefined ? [] : [{ packageManager: manager, installRoot: folder }];
  });
  const workspace = manifests.find(
    ({ json, path }) => json['workspaces'] !== undefined && dirnameRel(path) !== dir,
  );
  const [lock] = locked;
  // Of a project without a package.json of its own, the nearest one above.
  const nearest = workspace ?? manifests[0];
  const installRoot = lock?.installRoot ?? (nearest === undefined ? dir : dirnameRel(nearest.path));
  return { packageManager: named ?? lock?.packageManager ?? 'npm', installRoot };
}

function lockedBy(repo: Repo, folder: RelPath): Manager | undefined {
  const names = new Set(
    repo
      .list(folder)
      .filter(({ kind }) => kind === 'file')
      .map(({ name }) => name),
  );
  const [lock] = Object.keys(LOCKS).filter((name) => names.has(name));
  return managers.find((manager) => lock !== undefined && LOCKS[lock] === manager);
}

function formatterOf(repo: Repo, dir: RelPath, has: (name: string) => boolean): ToolingFact['formatter'] {
  for (const folder of foldersAbove(dir)) {
    const files = repo.list(folder).filter(({ kind }) => kind === 'file');
    if (files.some(({ name }) => /^\.prettierrc(\.|$)|^prettier\.config\./.test(name))) return 'prettier';
    if (files.some(({ name }) => /^\.?biome\.jsonc?$/.test(name))) return 'biome';
    const [manifest] = manifestsAbove(repo, folder);
    if (isRecord(manifest?.json['prettier'])) return 'prettier';
  }
  if (has('prettier')) return 'prettier';
  return has('@biomejs/biome') ? 'biome' : 'none';
}

function foldersAbove(dir: RelPath): readonly RelPath[] {
  return dir === '' ? [dir] : [dir, ...foldersAbove(joinRel(dir, '..'))];
}

/** A script of package.json that starts the service, as `node <flags> <entry>`. */
export interface StartScript {
  /** What its runtime is given before the entry: loaders and preloads, in their order. */
  readonly flags: readonly string[];
  /** As the script names it: `src/server.ts`, `dist/server.js`. */
  readonly entry: string;
}

const starting = /^(?:start|dev|serve|develop|watch)(?::[\w:-]+)?$/;
/** Flags of Node that take the next word as their value. */
const withValue = /^(?:--import|--require|-r|--loader|--experimental-loader|--conditions|-C)$/;
const kept =
  /^(?:--import|--require|-r|--loader|--conditions|-C|--experimental-[\w-]+|--env-file-if-exists)(?:=|$)/;
const loader =
  /^(?:tsx|ts-node|tsconfig-paths|@swc-node|@swc|esbuild-register|esbuild-runner|@esbuild-kit|jiti|amaro)(?:\/|$)/;
const stripping = /^--experimental-(?:strip|transform)-types$/;
/** What runs TypeScript by a name of its own, as flags of Node. */
const runners: Readonly<Record<string, readonly string[]>> = {
  node: [],
  nodemon: [],
  tsx: ['--import', 'tsx'],
  'ts-node': tsNode,
  'ts-node-dev': tsNode,
  tsnd: tsNode,
};

/** The scripts that start a service by a file, `start` before others. */
export function startScripts(scripts: Readonly<Record<string, string>>): readonly StartScript[] {
  return Object.entries(scripts)
    .filter(([name]) => starting.test(name))
    .sort(([a], [b]) => Number(b === 'start') - Number(a === 'start'))
    .flatMap(([, script]) => script.split(/&&|;/).flatMap(parseStart));
}

/** The first that starts TypeScript as it is. */
export function typeScriptStart(scripts: Readonly<Record<string, string>>): StartScript | undefined {
  return startScripts(scripts).find(({ entry }) => /\.[cm]?ts$/.test(entry));
}

/** Of its flags those that make Node run TypeScript; undefined where Node does without. */
export function loaderFlags({ flags }: StartScript): readonly string[] | undefined {
  const found = flags.flatMap((flag, index) => {
    if (withValue.test(flags[index - 1] ?? '')) return [];
    const next = withValue.test(flag) ? flags[index + 1] : undefined;
    const isLoader = loader.test(next ?? flag.split('=')[1] ?? '') || stripping.test(flag);
    return isLoader ? [flag, ...(next === undefined ? [] : [next])] : [];
  });
  return found.length === 0 ? undefined : found;
}

/** Flags that make `require()` alone run TypeScript. */
export function loadsCommonJs(flags: readonly string[]): boolean {
  const isModuleLoader = flags.some((flag) => /^--(?:import|loader|experimental-)/.test(flag));
  const isLoader = (flag: string, index: number): boolean =>
    /^(?:-r|--require)(?:=|$)/.test(flag) && loader.test(flag.split('=')[1] ?? flags[index + 1] ?? '');
  return !isModuleLoader && flags.some(isLoader);
}

/** `cross-env PORT=1 node -r dotenv/config --watch src/server.ts`, `nodemon --exec "tsx src/server.ts"`, `tsx watch …`. */
function parseStart(script: string): readonly StartScript[] {
  const inner = /\bnodemon\b.*?(?:--exec|-x)\s+(?:"([^"]+)"|'([^']+)'|(.+))$/.exec(script);
  const line =
    inner === null ? script : `${inner[1] ?? inner[2] ?? inner[3] ?? ''} ${afterQuotes(script, inner)}`;
  const words = line.replaceAll(/["']/g, '').trim().split(/\s+/);
  const at = words.findIndex((word) => Object.hasOwn(runners, word));
  if (at < 0) return [];
  const flags = [...(runners[words[at] ?? ''] ?? [])];
  for (let index = at + 1; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const value = withValue.test(word) ? words[index + 1] : undefined;
    if (value !== undefined) index += 1;
    if (word.startsWith('-')) {
      if (kept.test(word)) flags.push(word, ...(value === undefined ? [] : [value]));
    } else if (/^[^*]+\.[cm]?[jt]s$/.test(word)) return [{ flags, entry: word.replace(/^\.\//, '') }];
    else if (word !== 'watch' && word !== 'run') return [];
  }
  return [];
}

function afterQuotes(script: string, { index, 0: matched }: RegExpExecArray): string {
  return script.slice(index + matched.length);
}

type Runner = TestingFact['runner'];

/** Which test runner a service uses, and the command that runs the tests whose file name holds NAME. */
export function surveyTesting(survey: Survey): TestingFact {
  const script = survey.head.manifest.scripts['test'] ?? '';
  const runner =
    byScript(script) ??
    byDependency(survey.head.manifest.dependencies) ??
    byImports(survey) ??
    byParents(survey);
  return { runner, globals: hasGlobals(survey, runner), command: commandOf(survey, runner) };
}

/** How a file of tests is run: in a package that services share as its own manifest says. */
export function testingFor(
  repo: Repo,
  { layout: { shared }, testing }: Pick<Service, 'layout' | 'testing'>,
  file: RelPath,
): TestingFact {
  if (shared === undefined || !file.startsWith(`${shared.dir}/`)) return testing;
  const runner = byScript(readManifest(repo, shared.manifest.path)?.scripts['test'] ?? '') ?? 'none';
  return runner === testing.runner ? testing : { ...testing, runner, globals: false };
}

function byScript(script: string): Runner | undefined {
  if (/\bvitest\b/.test(script)) return 'vitest';
  if (/\bjest\b/.test(script)) return 'jest';
  if (/\b(node|tsx)\b.*\s--test\b|\bborp\b/.test(script)) return 'node:test';
  return /\btap\b/.test(script) ? 'tap' : undefined;
}

function byDependency(dependencies: Readonly<Record<string, string>>): Runner | undefined {
  return (['vitest', 'jest', 'tap'] as const).find((name) => dependencies[name] !== undefined);
}

function byImports(survey: Survey): Runner | undefined {
  const used = new Set(survey.tests.flatMap((file) => specifiersOf(survey.tree(file))));
  if (used.has('@jest/globals')) return 'jest';
  return (['vitest', 'node:test', 'tap'] as const).find((name) => used.has(name));
}

function byParents({ head, repo }: Survey): Runner {
  const found = manifestsAbove(repo, head.dir).map(
    ({ dependencies, scripts }) => byDependency(dependencies) ?? byScript(scripts['test'] ?? ''),
  );
  return found.find((runner) => runner !== undefined) ?? 'none';
}

function hasGlobals(survey: Survey, runner: Runner): boolean {
  const importing = (name: string): boolean => survey.tests.some((file) => survey.text(file).includes(name));
  if (runner === 'jest') return !importing('@jest/globals') && (survey.tests.length > 0 || knowsJest(survey));
  return (
    runner === 'vitest' &&
    configText(survey).some((text) => /\bglobals:\s*true\b/.test(text)) &&
    !importing("'vitest'") &&
    !importing('"vitest"')
  );
}

/** The compiler sees the types of every package, or of those that `types` lists. */
function knowsJest({ tsconfig }: Survey): boolean {
  const { types } = tsconfig.options;
  return !Array.isArray(types) || types.includes('jest');
}

function configText({ head, repo }: Survey): readonly string[] {
  const dirs = manifestsAbove(repo, head.dir).map(({ path }) => joinRel(path, '..'));
  return dirs.flatMap((dir) =>
    repo
      .list(dir)
      .filter(
        ({ kind, name }) => kind === 'file' && /^(vitest|vite)\.(config|workspace)\.[cm]?[jt]s$/.test(name),
      )
      .map(({ name }) => repo.read(joinRel(dir, name)) ?? ''),
  );
}

function commandOf(survey: Survey, runner: Runner): string {
  const { packageManager } = surveyTooling(survey.repo, survey.head);
  const exec = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' }[packageManager];
  if (runner === 'vitest') return `${exec} vitest run NAME`;
  if (runner === 'jest') return `${exec} jest ${configFlag(survey)}NAME`;
  if (runner === 'tap') return `${exec} tap "test/**/*NAME*.test.ts"`;
  return nodeTestCommand(survey);
}

/** `--config test/jest.json ` where the repo's own script has it: nothing else would find it there. */
function configFlag({ head }: Survey): string {
  const script = head.manifest.scripts['test'] ?? '';
  const file = /\bjest\b.*?\s(?:--config|-c)[ =](\S+)/.exec(script)?.[1];
  return file === undefined ? '' : `--config ${file} `;
}

/** The repo's own script with NAME in its glob; Node before 21 leaves globs to the shell, so quotes stay as they are. */
function nodeTestCommand({ head, repo }: Survey): string {
  const own = Object.entries(head.manifest.scripts)
    .filter(([name]) => /^test\b/.test(name))
    .sort(([a], [b]) => a.length - b.length)
    .flatMap(([, script]) => script.split('&&'))
    .find((part) => /\bnode\b.*--test\b/.test(part) || /\b(tsx|borp)\b/.test(part))
    ?.trim();
  const glob = own?.split(/\s+/).findLast((word) => /\*[^/]*["']?$/.test(word));
  if (own !== undefined && glob !== undefined) {
    return own.replace(glob, () => glob.replace(/\*(?=[^/*]*$)/, '*NAME*'));
  }
  const flags = surveyTooling(repo, head).runTypeScript ?? ['--import', 'tsx'];
  return `node ${flags.join(' ')} --test "test/**/*NAME*.test.ts"`;
}

/** Whether tests can import `./x.js` where the file is `x.ts`: jest takes a mapper or a resolver for it. */
export function testsResolveJs(survey: Survey): boolean {
  if (surveyTesting(survey).runner !== 'jest') return true;
  const script = survey.head.manifest.scripts['test'] ?? '';
  return manifestsAbove(survey.repo, survey.head.dir).some(({ path, text }) => {
    const dir = joinRel(path, '..');
    const isConfig = (name: string): boolean => /^jest\.config\.\w+$/.test(name) || script.includes(name);
    const files = survey.repo.list(dir).filter(({ kind, name }) => kind === 'file' && isConfig(name));
    const texts = [text, ...files.map(({ name }) => survey.repo.read(joinRel(dir, name)) ?? '')];
    return texts.some((one) => /\.js\)?\$/.test(one) || /["']?resolver["']?\s*:/.test(one));
  });
}
