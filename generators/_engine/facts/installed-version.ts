import type { Obstacle } from '../model/obstacle.ts';
import { dirnameRel, joinRel, relativeRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { runCache } from '../model/run-caches.ts';
import type { Service, ServiceHead } from '../model/service.ts';
import { isRecord, readManifest } from '../repo/manifest.ts';
import { escapePattern } from '../syntax/print.ts';

/**
 * The version of a package that a service depends on: what is installed, else what its lock file has, which is all that
 * there is before an install and with Plug'n'Play. Undefined when neither has it, or its version is outside the range.
 */
export function installedVersion(repo: Repo, head: ServiceHead, name: string): string | undefined {
  const range = head.manifest.dependencies[name]?.slice(0, maxRangeChars);
  if (range === undefined) return undefined;
  const found = inNodeModules(repo, head.dir, name) ?? inLockFile(repo, head, name, range);
  // Installed before the range was raised, or brought by another package.
  return found !== undefined && fits(found, range) ? found : undefined;
}

const maxRangeChars = 200;

function inNodeModules(repo: Repo, dir: RelPath, name: string): string | undefined {
  const version = readManifest(repo, joinRel(dir, 'node_modules', name, 'package.json'))?.json['version'];
  if (typeof version === 'string') return version;
  return dir === '' ? undefined : inNodeModules(repo, dirnameRel(dir), name);
}

/** Whether a version can satisfy a range; ranges with several parts, tags and catalogs accept every version. */
function fits(version: string, range: string): boolean {
  const [, operator = '', ...wanted] = /^\s*([\^~=v]*|>=)\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(range) ?? [];
  const has = numbersOf(version);
  if (wanted[0] === undefined || /\|\||</.test(range)) return has !== undefined;
  if (has === undefined || (operator !== '>=' && has[0] !== Number(wanted[0]))) return false;
  const least = wanted.map((part: string | undefined) => Number(part ?? 0));
  const at = least.findIndex((part, index) => part !== has[index]);
  return at < 0 || (has[at] ?? 0) > (least[at] ?? 0);
}

function numbersOf(version: string): readonly number[] | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  return parts;
}

/** Who depends on which package, as a lock file has them. `from`: the service's folder, seen from that of the lock file. */
interface Dependent {
  readonly from: RelPath;
  readonly service: string;
  readonly name: string;
  readonly range: string;
}

const readers: Readonly<Record<string, (text: string, of: Dependent) => string | undefined>> = {
  'package-lock.json': npmLocked,
  'npm-shrinkwrap.json': npmLocked,
  'pnpm-lock.yaml': pnpmLocked,
  'yarn.lock': yarnLocked,
  'bun.lock': bunLocked,
};

/** In the nearest folder that has one. */
function inLockFile(repo: Repo, head: ServiceHead, name: string, range: string): string | undefined {
  for (let dir = head.dir; ; dir = dirnameRel(dir)) {
    for (const [file, read] of Object.entries(readers)) {
      const text = repo.read(joinRel(dir, file));
      if (text === undefined) continue;
      const from = joinRel(relativeRel(dir, head.dir));
      return read(text, { from, service: head.name, name, range });
    }
    if (dir === '') return undefined;
  }
}

const parsed = runCache<string, unknown>();

/** Versions 2 and 3 have a path for each package, version 1 a tree of names. */
function npmLocked(text: string, { from, name }: Dependent): string | undefined {
  const lock = parsed.get(text) ?? parseJson(text);
  parsed.set(text, lock);
  const packages = isRecord(lock) ? lock['packages'] : undefined;
  for (let dir = from; isRecord(packages); dir = dirnameRel(dir)) {
    const found = versionIn(packages[joinRel(dir, 'node_modules', name)]);
    if (found !== undefined) return found;
    if (dir === '') break;
  }
  const tree = isRecord(lock) ? lock['dependencies'] : undefined;
  return isRecord(tree) ? versionIn(tree[name]) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function versionIn(entry: unknown): string | undefined {
  return isRecord(entry) && typeof entry['version'] === 'string' ? entry['version'] : undefined;
}

/**
 * By importer and section, as pnpm writes them; without workspaces older versions have the sections at the top. Such a
 * file has tens of thousands of lines, and a YAML parser takes seconds for them.
 */
function pnpmLocked(text: string, { from, name }: Dependent): string | undefined {
  const lines = text.split(/\r?\n/);
  const importers = below(lines, 'importers');
  const own =
    importers === undefined ? lines : (below(importers.lines, from === '' ? '.' : from)?.lines ?? []);
  for (const section of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    const entry = below(below(own, section)?.lines ?? [], name);
    const version = entry?.value === '' ? below(entry.lines, 'version')?.value : entry?.value;
    const found = /^(?:[^\s()]*@|\/[^\s()]+\/)?(\d+\.\d+\.\d+[\w.-]*)/.exec(version ?? '')?.[1];
    if (found !== undefined) return found.replace(/_.*$/, '');
  }
  return undefined;
}

interface Block {
  readonly value: string;
  readonly lines: readonly string[];
}

/** What a key has on its line, and the lines that are indented below it; `lines` begin at the level of the key. */
function below(lines: readonly string[], key: string): Block | undefined {
  const level = lines.find((line) => line.trim() !== '' && !line.startsWith('#'))?.search(/\S/) ?? 0;
  const indent = ' '.repeat(level);
  const heads = [key, `'${key}'`, `"${key}"`].map((one) => `${indent}${one}:`);
  const at = lines.findIndex((line) => heads.some((head) => line === head || line.startsWith(`${head} `)));
  const line = lines[at];
  if (line === undefined) return undefined;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((one) => one.trim() !== '' && !one.startsWith(`${indent} `));
  const value = line.slice(line.indexOf(':', level + key.length) + 1).trim();
  return { value: value.replace(/^(['"])(.*)\1$/, '$2'), lines: end < 0 ? rest : rest.slice(0, end) };
}

/** `fastify@^4.21.0, fastify@^4.0.0:`, in version 2 and later `"fastify@npm:^4.21.0":`, with the version below. */
function yarnLocked(text: string, { name, range }: Dependent): string | undefined {
  const lines = text.split(/\r?\n/);
  const versions = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (!line.includes(`${name}@`) || /^[\s#]/.test(line)) continue;
    const descriptors = line.replace(/:$/, '').replaceAll('"', '').split(/,\s*/);
    const ranges = descriptors.flatMap((one) =>
      one.startsWith(`${name}@`) ? [one.slice(name.length + 1).replace(/^npm:/, '')] : [],
    );
    const version = /^\s+version:?\s+"?([^"\s]+)/.exec(lines[index + 1] ?? '')?.[1];
    if (version === undefined || ranges.length === 0) continue;
    if (ranges.includes(range.replace(/^npm:/, ''))) return version;
    versions.add(version);
  }
  // A catalog or a resolution has another range than the manifest.
  const [only, other] = versions;
  return other === undefined ? only : undefined;
}

/** `"fastify": ["fastify@4.29.1", …]`, below the name of a dependent where that has a version of its own. */
function bunLocked(text: string, { name, service }: Dependent): string | undefined {
  for (const key of [`${service}/${name}`, name]) {
    const entry = new RegExp(`^[ \\t]*"${escapePattern(key)}":\\s*\\["${escapePattern(name)}@([^"]+)"`, 'm');
    const found = entry.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * True when a range of a package.json allows a version below `major.minor`: `^4.10.2` and `4.10.2` are below 4.24, since
 * a lock file may hold the very one that is named; `^4` and `catalog:` are undecided, so not below.
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

/** Fastify before 4.21 declares no `childLoggerFactory`: code that gives each request its correlation ID does not compile. */
export function findOldFastify({ isOlder, manifest, name }: Service): Obstacle | undefined {
  if (!isOlder('fastify', 4, 21)) return undefined;
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on fastify ${manifest.dependencies['fastify'] ?? ''}, but correlation IDs in the log of each request require Fastify 4.21 or later.`,
    remedy: 'Update it to ^4.21.0 and run the command again.',
  };
}
