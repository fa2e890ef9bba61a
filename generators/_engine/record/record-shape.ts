import { isWholeFile, type Role } from '../model/roles.ts';
import { toRel } from '../model/paths.ts';
import { forbiddenFolder, misplaced } from '../model/places.ts';
import type { RecordedFile, RecordedRun } from './s2s-record.ts';
import { isAnswers, isHunk, isName, isObject, isTexts, type Json } from './record-values.ts';

/** The record as it is written: a file names its text, which stands in `texts`. */
export interface StoredRecord {
  readonly schema: 1;
  readonly services?: Readonly<Record<string, Readonly<Record<string, RecordedRun>>>>;
  readonly files?: Readonly<Record<string, Omit<RecordedFile, 'text'> & { readonly text?: string }>>;
  readonly texts?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Takes a parsed `.s2s.json` apart before anything is done by it: it comes with the repo, so a path in it is a place to
 * write that somebody else chose, and an answer becomes code. @throws Error with the reason
 */
export function assertRecordShape(parsed: unknown): StoredRecord {
  if (!isObject(parsed)) throw new Error('it is not an object');
  if (parsed['schema'] !== 1) throw new Error(`schema ${String(parsed['schema'])} is not 1`);
  const [services, files, texts] = [parsed['services'] ?? {}, parsed['files'] ?? {}, parsed['texts'] ?? {}];
  if (!isObject(services)) throw new Error('services is not an object');
  if (!isObject(files)) throw new Error('files is not an object');
  if (!isObject(texts) || !Object.entries(texts).every(([name, lines]) => isName(name) && isTexts(lines)))
    throw new Error('texts is invalid');
  for (const [dir, runs] of Object.entries(services)) assertRuns(dir, runs);
  for (const [path, file] of Object.entries(files)) assertFile(path, file, texts);
  return parsed as unknown as StoredRecord;
}

function assertRuns(dir: string, runs: unknown): void {
  assertPath(dir, forbiddenFolder(dir));
  const isRun = ([generator, run]: readonly [string, unknown]): boolean =>
    isGenerator(generator) && isObject(run) && isVersion(run['version']) && isAnswers(run['answers']);
  if (!isObject(runs) || !Object.entries(runs).every(isRun))
    throw new Error(`the entry of ${JSON.stringify(dir)} is invalid`);
}

function assertFile(path: string, file: unknown, texts: Json): void {
  assertPath(path, undefined);
  const head = isObject(file) && isHead(file) ? file : undefined;
  const isWhole =
    typeof head?.['text'] === 'string' && Object.hasOwn(texts, head['text']) && isWholeFile(head.role);
  const isPatched = head !== undefined && isPatches(head['patches'], head.role);
  const hasBoth = head !== undefined && 'text' in head && 'patches' in head;
  if (hasBoth ? !(isWhole && isPatched) : !isWhole && !isPatched)
    throw new Error(`the entry of ${JSON.stringify(path)} is invalid`);
  assertPath(path, head === undefined ? undefined : misplaced(path, head.role));
}

type Head = Json & Readonly<{ role: Role }>;

function isHead(file: Json): file is Head {
  const { generator, role, sha256, version } = file;
  return (
    isGenerator(generator) && typeof role === 'string' && typeof sha256 === 'string' && isVersion(version)
  );
}

/** What one generator did to a file is of the kind that the file is. */
function isPatches(value: unknown, role: Role): boolean {
  if (!Array.isArray(value) || value.length > 200) return false;
  return value.every((patch: unknown) => {
    if (!isObject(patch) || !isHead({ ...patch, sha256: '' }) || !Array.isArray(patch['hunks'])) return false;
    const { before, hunks, usedBefore } = patch;
    const isKnown = before === null || typeof before === 'string';
    const isOfKind = isWholeFile(role) ? isWholeFile(patch['role'] as Role) : true;
    return isKnown && isOfKind && hunks.every(isHunk) && (usedBefore === undefined || isTexts(usedBefore));
  });
}

function isGenerator(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,60}$/.test(value) && isName(value);
}

function isVersion(value: unknown): boolean {
  return typeof value === 'string' && /^[\w.+-]{1,60}$/.test(value);
}

function assertPath(path: string, reason: string | undefined): void {
  if (path.length > 1_000) throw new Error('a path in it is too long');
  if (!isName(path) || toRel(path) !== path)
    throw new Error(`${JSON.stringify(path)} is not a normalised path`);
  if (reason !== undefined) throw new Error(`${JSON.stringify(path)} ${reason}`);
}
