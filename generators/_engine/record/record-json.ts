import { hashText } from './hash.ts';
import { basenameRel, toRel } from '../model/paths.ts';
import type { RecordedFile, RecordedRun, S2sRecord } from './s2s-record.ts';
import { isRecord } from '../repo/manifest.ts';
import { isWholeFile, type Role } from '../model/roles.ts';
import { forbiddenFolder, misplaced } from '../model/places.ts';
import type { Answers } from '../model/generator.ts';

/** Takes a record from its JSON value. @throws Error with the reason when it cannot be understood */
export function recordOf(value: unknown): S2sRecord {
  const stored = assertRecordShape(value);
  const files = Object.entries(stored.files ?? {}).map(([path, file]): [string, RecordedFile] => {
    const { text, ...rest } = file;
    return [path, text === undefined ? rest : { ...rest, text: stored.texts?.[text] ?? [] }];
  });
  return { schema: 1, services: stored.services ?? {}, files: Object.fromEntries(files) };
}

/**
 * A record as JSON, sorted, one line of text a line, so that git can merge it. A text that many services have stands in
 * it once, under the name of a file and its hash.
 */
export function renderRecord({ services, files }: S2sRecord): string {
  const names = new Map<readonly string[], string>();
  const stored = Object.entries(sortKeys(files)).map(([path, { text, ...rest }]) => {
    if (text === undefined) return [path, rest];
    const name = names.get(text) ?? nameOf(path, text);
    names.set(text, name);
    return [path, { ...rest, text: name }];
  });
  const texts = Object.fromEntries([...names].map(([lines, name]) => [name, lines]));
  const record: StoredRecord = {
    schema: 1,
    services: sortKeys(
      Object.fromEntries(Object.entries(services).map(([dir, runs]) => [dir, sortKeys(runs)])),
    ),
    files: Object.fromEntries(stored) as NonNullable<StoredRecord['files']>,
    ...(names.size > 0 && { texts: sortKeys(texts) }),
  };
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

function nameOf(path: string, text: readonly string[]): string {
  return `${basenameRel(toRel(path))}#${hashText(text.join('\n')).slice(0, 12)}`;
}

function sortKeys<T>(object: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The record as it is written: a file names its text, which stands in `texts`. */
interface StoredRecord {
  readonly schema: 1;
  readonly services?: Readonly<Record<string, Readonly<Record<string, RecordedRun>>>>;
  readonly files?: Readonly<Record<string, Omit<RecordedFile, 'text'> & { readonly text?: string }>>;
  readonly texts?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Takes a parsed `.s2s.json` apart before anything is done by it: it comes with the repo, so a path in it is a place to
 * write that somebody else chose, and an answer becomes code. @throws Error with the reason
 */
function assertRecordShape(parsed: unknown): StoredRecord {
  if (!isRecord(parsed)) throw new Error('it is not an object');
  if (parsed['schema'] !== 1) throw new Error(`schema ${String(parsed['schema'])} is not 1`);
  const [services, files, texts] = [parsed['services'] ?? {}, parsed['files'] ?? {}, parsed['texts'] ?? {}];
  if (!isRecord(services)) throw new Error('services is not an object');
  if (!isRecord(files)) throw new Error('files is not an object');
  if (!isRecord(texts) || !Object.entries(texts).every(([name, lines]) => isName(name) && isTexts(lines)))
    throw new Error('texts is invalid');
  for (const [dir, runs] of Object.entries(services)) assertRuns(dir, runs);
  for (const [path, file] of Object.entries(files)) assertFile(path, file, texts);
  return parsed as unknown as StoredRecord;
}

function assertRuns(dir: string, runs: unknown): void {
  assertPath(dir, forbiddenFolder(dir));
  const isRun = ([generator, run]: readonly [string, unknown]): boolean =>
    isGenerator(generator) && isRecord(run) && isVersion(run['version']) && isAnswers(run['answers']);
  if (!isRecord(runs) || !Object.entries(runs).every(isRun))
    throw new Error(`the entry of ${JSON.stringify(dir)} is invalid`);
}

function assertFile(path: string, file: unknown, texts: Json): void {
  assertPath(path, undefined);
  const head = isRecord(file) && isHead(file) ? file : undefined;
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
    if (!isRecord(patch) || !isHead({ ...patch, sha256: '' }) || !Array.isArray(patch['hunks'])) return false;
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

type Json = Readonly<Record<string, unknown>>;

/** More than a file has lines. */
const maxLine = 1_000_000;

/** A key that stands for itself alone: `constructor` and `__proto__` are found in every object. */
function isName(key: string): boolean {
  return !(key in Object.prototype);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((line) => typeof line === 'string');
}

/** What flags can be: no objects in objects, nothing that an editor does not show. */
function isAnswers(value: unknown): value is Answers {
  const isText = (one: unknown): boolean =>
    typeof one === 'string' && one.length <= 1_000 && !/\p{Cc}/u.test(one);
  return (
    isRecord(value) &&
    Object.entries(value).every(
      ([key, answer]) =>
        isName(key) &&
        (typeof answer === 'boolean' || isText(answer) || (Array.isArray(answer) && answer.every(isText))),
    )
  );
}

/** A hunk that says of its lines what they are: one that counts otherwise has whoever takes it out search for ever. */
function isHunk(hunk: unknown): boolean {
  if (!isRecord(hunk) || !isTexts(hunk['lines'])) return false;
  const { newLines, newStart, oldLines, oldStart } = hunk;
  const isCount = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxLine;
  const counted = (signs: string): number =>
    (hunk['lines'] as readonly string[]).filter((line) => signs.includes(line.charAt(0) || '?')).length;
  return (
    [newLines, newStart, oldLines, oldStart].every(isCount) &&
    hunk['lines'].every((line) => /^[-+ \\]/.test(line)) &&
    counted(' -') === oldLines &&
    counted(' +') === newLines
  );
}
