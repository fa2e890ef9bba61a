import { parse, type ParseError, printParseErrorCode } from 'jsonc-parser';

import { dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import { attempt, RefusalError } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import { once, runCache } from '../model/run-caches.ts';
import type { Manifest } from '../model/service.ts';
import { findPackageFiles } from './source-files.ts';

type Json = Readonly<Record<string, unknown>>;

const maxScriptChars = 1_000;
const sections = ['peerDependencies', 'optionalDependencies', 'devDependencies', 'dependencies'] as const;

const read = runCache<RelPath, Manifest & { readonly json: Json }>();

/** Reads a package.json; undefined when there is none. @throws RefusalError E_MANIFEST when it is not valid JSON. */
export function readManifest(repo: Repo, path: RelPath): (Manifest & { readonly json: Json }) | undefined {
  const text = repo.read(path);
  if (text === undefined) return undefined;
  if (!isShallow(text)) throw new RefusalError(tooComplex(path));
  const known = read.get(path);
  if (known?.text === text) return known;
  const manifest = parseManifest(path, text);
  read.set(path, manifest);
  return manifest;
}

function parseManifest(path: RelPath, text: string): Manifest & { readonly json: Json } {
  const json = parseJson(path, text);
  if (!isRecord(json)) throw new RefusalError(invalid(path, text, undefined));
  const dependencies: Record<string, string> = {};
  for (const section of sections) Object.assign(dependencies, strings(json[section]));
  const type = json['type'] === 'module' ? 'module' : 'commonjs';
  return { path, text, type, scripts: shortStrings(json['scripts']), dependencies, json };
}

function parseJson(path: RelPath, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse does not report the offset in every version of Node.
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true });
    throw new RefusalError(invalid(path, text, errors[0]));
  }
}

/** The manifests that can rule a folder: its own, and those of the folders above up to the root; nearest first. */
export function manifestsAbove(repo: Repo, dir: RelPath): readonly (Manifest & { readonly json: Json })[] {
  const own = readManifest(repo, joinRel(dir, 'package.json'));
  const above = dir === '' ? [] : manifestsAbove(repo, dirnameRel(dir));
  return own === undefined ? above : [own, ...above];
}

function invalid(path: RelPath, text: string, error: ParseError | undefined): RefusalError['obstacles'][0] {
  const line = text.slice(0, error?.offset ?? 0).split('\n').length;
  const reason = error === undefined ? 'it is not an object' : printParseErrorCode(error.error);
  return {
    code: 'E_MANIFEST',
    at: { path, line },
    message: `${path}:${line} is not a valid package.json (${reason}).`,
    remedy: 'Correct the file and run the command again.',
  };
}

/** Scripts are searched for words; only the start of a long one is used. */
function shortStrings(value: unknown): Record<string, string> {
  const entries = Object.entries(strings(value));
  return Object.fromEntries(entries.map(([name, text]) => [name, text.slice(0, maxScriptChars)]));
}

function strings(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function tooComplex(path: RelPath): RefusalError['obstacles'][0] {
  return {
    code: 'E_TOO_COMPLEX',
    at: { path },
    message: `${path} has more than ${String(maxJsonChars)} characters, or nests deeper than ${String(maxJsonDepth)} levels.`,
    remedy: 'Correct the file and run the command again.',
  };
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Larger than any hand-written manifest or configuration. */
const maxJsonChars = 1_000_000;
const maxJsonDepth = 100;

/** Whether a JSON text, comments or not, is short and flat enough for parsers that recurse. */
export function isShallow(text: string): boolean {
  if (text.length > maxJsonChars) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at) | 0x20;
    // `[` and `{` differ in that bit alone, as `]` and `}` do.
    if (sign === 0x7b) depth += 1;
    if (depth > maxJsonDepth) return false;
    if (sign === 0x7d) depth -= 1;
  }
  return true;
}

/** Every package of the repo that has a name, by that name: others import it, installed or not. */
const workspacePackages = once((disk: Repo): ReadonlyMap<string, RelPath> => {
  const found = new Map<string, RelPath>();
  for (const path of findPackageFiles(disk).manifests) {
    const name = /"name"\s*:\s*"([^"\\]+)"/.exec(disk.read(path) ?? '')?.[1];
    if (name !== undefined && !found.has(name)) found.set(name, dirnameRel(path));
  }
  return found;
});

/** The package that a specifier names, and what follows its name: `@acme/config/base` → `base`; '' for the package itself. */
export function findWorkspacePackage(
  repo: Repo,
  specifier: string,
): Readonly<{ dir: RelPath; subpath: string }> | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/')) return undefined;
  const parts = specifier.split('/', 2).slice(0, specifier.startsWith('@') ? 2 : 1);
  const name = parts.join('/');
  const dir = workspacePackages(repo.origin).get(name);
  return dir === undefined ? undefined : { dir, subpath: specifier.slice(name.length + 1) };
}

/** The paths to which a package's manifest maps a subpath; `fields` hold that of the package itself. */
export function exportedPaths(
  repo: Repo,
  { dir, subpath }: Readonly<{ dir: RelPath; subpath: string }>,
  fields: readonly string[],
): readonly string[] {
  const json = jsonOf(repo, dir);
  const exported = json['exports'];
  const key = subpath === '' ? '.' : `./${subpath}`;
  const isMap = isRecord(exported) && Object.keys(exported).some((one) => one.startsWith('.'));
  const target = isMap ? exported[key] : subpath === '' ? exported : undefined;
  const named = subpath === '' ? fields.map((field) => json[field]) : [];
  return [target, ...named].flatMap(textsIn);
}

/** Invalid JSON is reported by the survey of that package. */
function jsonOf(repo: Repo, dir: RelPath): Readonly<Record<string, unknown>> {
  return attempt(() => readManifest(repo, joinRel(dir, 'package.json')))?.json ?? {};
}

/** A target, or those of its conditions. */
export function textsIn(target: unknown): readonly string[] {
  if (typeof target === 'string') return [target];
  if (Array.isArray(target)) return target.flatMap(textsIn);
  return isRecord(target) ? Object.values(target).flatMap(textsIn) : [];
}
