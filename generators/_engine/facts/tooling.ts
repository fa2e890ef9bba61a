import { LOCKS } from 'package-manager-detector/constants';

import type { ToolingFact } from '../model/code-facts.ts';
import { dirnameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import type { DependencyWant } from '../model/wants.ts';
import { installedVersion } from './installed-version.ts';
import { isRecord, manifestsAbove } from '../repo/manifest.ts';

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

/** By what is there, where no script tells. */
function runnerOf(has: (name: string) => boolean): readonly string[] | undefined {
  if (has('tsx')) return ['--import', 'tsx'];
  return has('ts-node') ? ['-r', 'ts-node/register'] : undefined;
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

/** The wish, taken from pnpm's catalog where the service takes others from there and the catalog has the package. */
export function fromCatalog(
  repo: Repo,
  { manifest }: Pick<ServiceHead, 'manifest'>,
  want: DependencyWant,
): DependencyWant {
  if (!Object.values(manifest.dependencies).includes('catalog:')) return want;
  const workspace = repo.read(toRel('pnpm-workspace.yaml')) ?? '';
  const block = /^catalog:[ \t]*\r?\n((?:[ \t]+.*(?:\r?\n|$)|[ \t]*\r?\n)*)/m.exec(workspace)?.[1] ?? '';
  const names = [...block.matchAll(/^[ \t]+['"]?([^'":\s]+)['"]?[ \t]*:/gm)].map(([, name]) => name);
  return names.includes(want.name) ? { ...want, range: 'catalog:' } : want;
}

/**
 * True when a range of a package.json allows a version below `major.minor`: `^4.10.2` and `4.10.2` are below 4.24, since
 * a lock file may hold the very one that is named; `^4` and `catalog:` tell nothing and are not.
 */
function allowsBelow(range: string | undefined, major: number, minor = 0): boolean {
  const [, first, second] = /^[\s^~=v>]*(\d+)(?:\.(\d+))?/.exec(range ?? '') ?? [];
  if (first === undefined) return false;
  return Number(first) < major || (Number(first) === major && second !== undefined && Number(second) < minor);
}

/**
 * Whether the version of a package that a service depends on is below `major.minor`: by what is installed or locked, else
 * by the range. False for a package that it does not depend on.
 */
export function isOlder(repo: Repo, head: ServiceHead, name: string, major: number, minor = 0): boolean {
  const version = installedVersion(repo, head, name);
  return allowsBelow(version ?? head.manifest.dependencies[name], major, minor);
}

const newest = 5;

/** The major version of Fastify: by what is installed or locked, else by the range in package.json, else the newest known. */
export function fastifyMajorOf(repo: Repo, head: ServiceHead): number {
  const version = installedVersion(repo, head, 'fastify');
  if (version !== undefined) return Number.parseInt(version, 10);
  const range = head.manifest.dependencies['fastify'] ?? '';
  const majors = new Set(
    [...range.matchAll(/(?:^|[\s^~>=|v:@])(\d+)(?:\.|$|\s)/g)].map((match) => Number(match[1])),
  );
  const [only, other] = majors;
  if (only !== undefined && other === undefined && !/[<>]/.test(range)) return only;
  return majors.size > 0 ? Math.max(...majors) : newest;
}

/** A script of package.json that starts the service, as `node <flags> <entry>`. */
export interface StartScript {
  /** What its runtime is given before the entry: loaders and preloads, in their order. */
  readonly flags: readonly string[];
  /** As the script names it: `src/server.ts`, `dist/server.js`. */
  readonly entry: string;
}

const starting = /^(?:start|dev|serve|develop|watch)(?::[\w:-]+)?$/;
/** Flags of Node that take the next word; others stand for themselves or have `=`. */
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
  'ts-node': ['-r', 'ts-node/register'],
  'ts-node-dev': ['-r', 'ts-node/register'],
  tsnd: ['-r', 'ts-node/register'],
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
