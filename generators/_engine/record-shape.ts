import { toRel } from './paths.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Takes a parsed `.s2s.json` apart before anything is done by it: it comes with the repo, and a path in it is a place to
 * write. @throws Error with the reason
 */
export function assertRecordShape(parsed: unknown): void {
  if (!isObject(parsed)) throw new Error('it holds no object');
  if (parsed['schema'] !== 1) throw new Error(`schema ${String(parsed['schema'])} is not 1`);
  const [services, files] = [parsed['services'] ?? {}, parsed['files'] ?? {}];
  if (!isObject(services)) throw new Error('services is no object');
  if (!isObject(files)) throw new Error('files is no object');
  for (const [dir, runs] of Object.entries(services)) assertRuns(dir, runs);
  for (const [path, file] of Object.entries(files)) assertFile(path, file);
}

function assertRuns(dir: string, runs: unknown): void {
  assertPath(dir);
  const isRun = (run: unknown): boolean =>
    isObject(run) && typeof run['version'] === 'string' && isObject(run['answers']);
  if (!isObject(runs) || !Object.values(runs).every(isRun))
    throw new Error(`what ${dir} has is not understood`);
}

function assertFile(path: string, file: unknown): void {
  assertPath(path);
  const heads = ['generator', 'role', 'version', 'sha256'];
  const isHeaded = isObject(file) && heads.every((key) => typeof file[key] === 'string');
  const isWhole = isHeaded && isTexts(file['text']);
  const isPatched = isHeaded && Array.isArray(file['patches']) && file['patches'].every(isPatch);
  if (!isWhole && !isPatched) throw new Error(`the entry of ${path} is not understood`);
}

function isPatch(patch: unknown): boolean {
  if (!isObject(patch) || typeof patch['generator'] !== 'string' || !Array.isArray(patch['hunks']))
    return false;
  return patch['hunks'].every((hunk: unknown) => {
    const counts = ['oldStart', 'oldLines', 'newStart', 'newLines'];
    return isObject(hunk) && counts.every((key) => Number.isInteger(hunk[key])) && isTexts(hunk['lines']);
  });
}

function assertPath(path: string): void {
  if (toRel(path) !== path) throw new Error(`${JSON.stringify(path)} is not a plain path`);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((line) => typeof line === 'string');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
