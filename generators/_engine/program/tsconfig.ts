import { parse } from 'jsonc-parser';

import { dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { attempt } from '../model/obstacle.ts';
import {
  exportedPaths,
  findWorkspacePackage,
  isRecord,
  isShallow,
  readManifest,
  textsIn,
} from '../repo/manifest.ts';
import type { ServiceHead } from '../model/service.ts';
import type { SourceFiles } from '../repo/source-files.ts';

/** The compiler options that rule a service, its `extends` chain merged. */
export interface Tsconfig {
  readonly path: RelPath | undefined;
  /** Lower-case strings, booleans; a nearer file wins. */
  readonly options: Readonly<Record<string, unknown>>;
  /** `paths` that end in `*`, as prefix and folders (repo paths); `extended`: what it stands for has the extension. */
  readonly aliases: readonly Readonly<{ prefix: string; dirs: readonly RelPath[]; extended?: boolean }>[];
  readonly baseUrl: RelPath | undefined;
  /** `rootDir` and the folders of `include`, as far as they are below that of the file that has them. */
  readonly sourceDirs: readonly RelPath[];
}

type Json = Readonly<Record<string, unknown>>;

const none: Tsconfig = { path: undefined, options: {}, aliases: [], baseUrl: undefined, sourceDirs: [] };
const maxExtends = 8;
const maxConfigs = 50;
const maxPathChars = 500;

/** Reads the tsconfig.json of a folder, or of the nearest one above it. Never throws: an unreadable one is ignored. */
export function readTsconfig(repo: Repo, dir: RelPath): Tsconfig {
  const path = joinRel(dir, 'tsconfig.json');
  if (repo.read(path) !== undefined) return load(repo, throughReferences(repo, path), 0, new Map()) ?? none;
  return dir === '' ? none : readTsconfig(repo, dirnameRel(dir));
}

/** A solution file (`files: []` and references) is replaced by the first project that it names. */
function throughReferences(repo: Repo, path: RelPath): RelPath {
  const json = readJson(repo, path);
  const references = json?.['references'];
  if (
    json?.['compilerOptions'] !== undefined ||
    json?.['extends'] !== undefined ||
    !Array.isArray(references)
  )
    return path;
  const [first] = references as readonly unknown[];
  const named = isRecord(first) && typeof first['path'] === 'string' ? first['path'] : undefined;
  const target = named === undefined ? undefined : inside(dirnameRel(path), named);
  if (target === undefined) return path;
  const file = target.endsWith('.json') ? target : joinRel(target, 'tsconfig.json');
  return repo.read(file) === undefined ? path : file;
}

/** What was read before, undefined while it is being read: a file that many extend, or that extends itself, is read once. */
type Loaded = Map<RelPath, Tsconfig | undefined>;

function load(repo: Repo, path: RelPath, depth: number, loaded: Loaded): Tsconfig | undefined {
  if (loaded.has(path)) return loaded.get(path);
  if (depth > maxExtends || loaded.size > maxConfigs) return undefined;
  loaded.set(path, undefined);
  const json = readJson(repo, path);
  if (json === undefined) return undefined;
  const dir = dirnameRel(path);
  const extended = json['extends'];
  const bases = (Array.isArray(extended) ? extended : [extended]).filter(
    (one): one is string => typeof one === 'string' && one.length <= maxPathChars,
  );
  let merged = none;
  for (const base of bases)
    merged = { ...merged, ...extendedConfig(repo, dir, base, { depth, loaded, merged }) };
  const own = isRecord(json['compilerOptions']) ? json['compilerOptions'] : {};
  const baseUrl = typeof own['baseUrl'] === 'string' ? inside(dir, own['baseUrl']) : merged.baseUrl;
  const aliases = isRecord(own['paths']) ? aliasesOf(own['paths'], baseUrl ?? dir) : merged.aliases;
  const sources = sourceDirsOf(dir, own['rootDir'], json['include']);
  const sourceDirs = sources.length > 0 ? sources : merged.sourceDirs;
  const read = { path, options: { ...merged.options, ...lowerCase(own) }, aliases, baseUrl, sourceDirs };
  loaded.set(path, read);
  return read;
}

interface Loading {
  readonly depth: number;
  readonly loaded: Loaded;
  readonly merged: Tsconfig;
}

function extendedConfig(
  repo: Repo,
  dir: RelPath,
  base: string,
  { depth, loaded: before, merged }: Loading,
): Tsconfig {
  const candidates = base.startsWith('.') ? spellings(dir, base) : packageSpellings(dir, base);
  const isThere = (path: RelPath): boolean => repo.read(path) !== undefined;
  const file = candidates.find(isThere) ?? workspaceSpellings(repo, base).find(isThere);
  const loaded = file === undefined ? undefined : load(repo, file, depth + 1, before);
  const options = { ...merged.options, ...(loaded?.options ?? knownBase(base)) };
  const aliases = loaded === undefined || loaded.aliases.length === 0 ? merged.aliases : loaded.aliases;
  const { baseUrl, sourceDirs } = loaded ?? merged;
  return { path: undefined, options, aliases, baseUrl: baseUrl ?? merged.baseUrl, sourceDirs };
}

/** `./source` of `rootDir`, `source` of `source/**\/*.ts`; a file, or the folder itself, is ignored. */
function sourceDirsOf(dir: RelPath, rootDir: unknown, include: unknown): readonly RelPath[] {
  const patterns: readonly unknown[] = Array.isArray(include) ? include : [];
  const given = [rootDir, ...patterns];
  const dirs = given.flatMap((one) => {
    const path =
      typeof one === 'string' && one.length <= maxPathChars ? one.replace(/(?:^|\/)[^/]*[*?].*$/, '') : '';
    const found = path === '' || /\.[cm]?[jt]sx?$/.test(path) ? undefined : inside(dir, path);
    return found === undefined || found === dir ? [] : [found];
  });
  return [...new Set(dirs)];
}

/** Options of public bases, for when they are not installed. */
function knownBase(base: string): Json {
  if (/^@tsconfig\/node\d+/.test(base)) return { module: 'node16', esmoduleinterop: true };
  if (base.startsWith('fastify-tsconfig')) return { module: 'nodenext', esmoduleinterop: true };
  return {};
}

function spellings(dir: RelPath, base: string): readonly RelPath[] {
  const path = inside(dir, base);
  return path === undefined ? [] : [path, `${path}.json`, `${path}/tsconfig.json`].map((one) => joinRel(one));
}

function packageSpellings(dir: RelPath, base: string): readonly RelPath[] {
  const here = spellings(dir, `./node_modules/${base}`);
  return dir === '' ? here : [...here, ...packageSpellings(dirnameRel(dir), base)];
}

/** A base in a package of the repo, which is no link in node_modules before the install. */
function workspaceSpellings(repo: Repo, base: string): readonly RelPath[] {
  const named = findWorkspacePackage(repo, base);
  if (named === undefined) return [];
  const exported = exportedPaths(repo, named, ['tsconfig']);
  return [named.subpath, ...exported].flatMap((path) => spellings(named.dir, path));
}

function aliasesOf(paths: Json, base: RelPath): Tsconfig['aliases'] {
  return Object.entries(paths).flatMap(([pattern, targets]) => {
    if (!pattern.endsWith('*') || pattern === '*' || !Array.isArray(targets)) return [];
    const dirs = targets.flatMap((target: unknown) => {
      const dir =
        typeof target === 'string' && target.endsWith('*') ? inside(base, target.slice(0, -1)) : undefined;
      return dir === undefined ? [] : [dir];
    });
    return dirs.length === 0 ? [] : [{ prefix: pattern.slice(0, -1), dirs }];
  });
}

function readJson(repo: Repo, path: RelPath): Json | undefined {
  const text = repo.read(path);
  const isReadable = text !== undefined && isShallow(text);
  const json: unknown = !isReadable ? undefined : parse(text, [], { allowTrailingComma: true });
  return isRecord(json) ? json : undefined;
}

/** Option names and string values in lower case: the compiler ignores case. */
function lowerCase(options: Json): Json {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.toLowerCase(),
      typeof value === 'string' ? value.toLowerCase() : value,
    ]),
  );
}

/** Undefined for a path that leaves the repo: there is nothing to read there. */
function inside(dir: RelPath, path: string): RelPath | undefined {
  return attempt(() => joinRel(dir, path));
}

/**
 * Subpath imports of a service's package.json (`#src/*` → `./src/*`, or `./src/*.ts`), told as aliases; built folders
 * are not looked at.
 */
export function packageImports(repo: Repo, { dir, manifest }: ServiceHead): Tsconfig['aliases'] {
  const imports = readManifest(repo, manifest.path)?.json['imports'];
  if (!isRecord(imports)) return [];
  return Object.entries(imports).flatMap(([pattern, target]) => {
    if (!pattern.startsWith('#') || !pattern.endsWith('*')) return [];
    const found = textsIn(target).flatMap((one) => {
      const match = /^\.\/((?:[^*.][^*]*\/)?)\*(\.[cm]?[jt]s)?$/.exec(one);
      return match === null ? [] : [{ dir: joinRel(dir, match[1] ?? ''), extended: match[2] !== undefined }];
    });
    const [first] = found;
    const alias = { prefix: pattern.slice(0, -1), dirs: found.map((one) => one.dir) };
    return first === undefined ? [] : [{ ...alias, extended: first.extended }];
  });
}

/**
 * The service's own file behind a specifier: relative, or by an alias or baseUrl of the tsconfig; `.js` stands for
 * `.ts`, a folder for its index. Undefined for packages and for files that are not the service's own.
 */
export function openResolver(
  sources: SourceFiles,
  { aliases, baseUrl }: Tsconfig,
): (file: RelPath, specifier: string) => RelPath | undefined {
  const own = new Set<string>([...sources.files, ...sources.tests]);
  const existing = (dir: RelPath, specifier: string): RelPath | undefined => {
    const path = inside(dir, specifier);
    const spelled = path === undefined ? [] : sourceSpellings(path);
    return spelled.find((one) => own.has(one)) as RelPath | undefined;
  };

  return (file, specifier) => {
    if (specifier.startsWith('.')) return existing(dirnameRel(file), specifier);
    for (const { prefix, dirs } of aliases) {
      if (!specifier.startsWith(prefix)) continue;
      const found = dirs
        .map((dir) => existing(dir, specifier.slice(prefix.length)))
        .find((one) => one !== undefined);
      if (found !== undefined) return found;
    }
    return baseUrl === undefined ? undefined : existing(baseUrl, specifier);
  };
}

function sourceSpellings(path: string): readonly string[] {
  const stem = path.replace(/\.([cm]?)js$/, '.$1ts');
  return [stem, `${path}.ts`, `${path}.mts`, `${path}.cts`, path === '' ? 'index.ts' : `${path}/index.ts`];
}
