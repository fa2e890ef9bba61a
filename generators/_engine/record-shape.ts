import { toRel } from './paths.ts';
import type { RecordedFile, RecordedRun } from './record.ts';

/** The record as it is written: a file names its text, which stands in `texts`. */
export interface StoredRecord {
  readonly schema: 1;
  readonly services?: Readonly<Record<string, Readonly<Record<string, RecordedRun>>>>;
  readonly files?: Readonly<Record<string, Omit<RecordedFile, 'text'> & { readonly text?: string }>>;
  readonly texts?: Readonly<Record<string, readonly string[]>>;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Takes a parsed `.s2s.json` apart before anything is done by it: it comes with the repo, and a path in it is a place to
 * write. @throws Error with the reason
 */
export function assertRecordShape(parsed: unknown): StoredRecord {
  if (!isObject(parsed)) throw new Error('it holds no object');
  if (parsed['schema'] !== 1) throw new Error(`schema ${String(parsed['schema'])} is not 1`);
  const [services, files, texts] = [parsed['services'] ?? {}, parsed['files'] ?? {}, parsed['texts'] ?? {}];
  if (!isObject(services)) throw new Error('services is no object');
  if (!isObject(files)) throw new Error('files is no object');
  if (!isObject(texts) || !Object.values(texts).every(isTexts)) throw new Error('texts is not understood');
  for (const [dir, runs] of Object.entries(services)) assertRuns(dir, runs);
  for (const [path, file] of Object.entries(files)) assertFile(path, file, texts);
  return parsed as unknown as StoredRecord;
}

function assertRuns(dir: string, runs: unknown): void {
  assertPath(dir);
  const isRun = (run: unknown): boolean =>
    isObject(run) && typeof run['version'] === 'string' && isObject(run['answers']);
  if (!isObject(runs) || !Object.values(runs).every(isRun))
    throw new Error(`what ${dir} has is not understood`);
}

function assertFile(path: string, file: unknown, texts: Json): void {
  assertPath(path);
  const heads = ['generator', 'role', 'version', 'sha256'];
  const isHeaded = isObject(file) && heads.every((key) => typeof file[key] === 'string');
  const isWhole = isHeaded && typeof file['text'] === 'string' && Object.hasOwn(texts, file['text']);
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
