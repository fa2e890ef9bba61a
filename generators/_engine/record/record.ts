import type { Edit } from '../model/plan.ts';
import type { Answers } from '../model/generator.ts';
import { withLineEndingsOf } from '../model/line-endings.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { hashText } from './hash.ts';
import { editTowards } from '../repo/draft.ts';
import { recordOf, renderRecord } from './record-json.ts';
import { recordPath, recordValues } from '../repo/record-text.ts';
import {
  hunksBetween,
  type RecordedFile,
  type RecordedPatch,
  type RecordedRun,
  type S2sRecord,
} from './s2s-record.ts';
import { textAfter } from '../repo/repo.ts';
import { runCache } from '../model/run-caches.ts';

const empty: S2sRecord = { schema: 1, services: {}, files: {} };

/**
 * Reads the record; an empty one when there is none. Where git has left two sides of a merge, it is both.
 * @throws RefusalError E_RECORD when it cannot be understood.
 */
export function readRecord(repo: Repo): S2sRecord {
  try {
    const [ours, theirs] = recordValues(repo).map(recordOf);
    if (ours === undefined) return empty;
    const isOnDisk = (path: string, { sha256 }: RecordedFile): boolean =>
      hashText(repo.read(toRel(path)) ?? '') === sha256;
    return theirs === undefined ? ours : mergeRecords(ours, theirs, isOnDisk);
  } catch (error) {
    throw new RefusalError(unreadable(error instanceof Error ? error.message : String(error)));
  }
}

/** The text of a file as we last created it, with the line endings of what is there now; undefined when we did not. */
export function recordedText(record: S2sRecord, path: RelPath, there = ''): string | undefined {
  const text = record.files[path]?.text?.join('\n');
  return text === undefined ? undefined : withLineEndingsOf(there, text);
}

/** Who made a plan, for whom, with which answers. */
export interface Authorship {
  readonly generator: string;
  readonly version: string;
  readonly services: readonly RelPath[];
  readonly answers: Answers;
  /** Packages and variables that an edit adds and that the user's code used before it. */
  readonly usedBefore?: (edit: Edit) => readonly string[];
}

/** The edit that writes down `edits`; undefined when nothing was edited. */
export function recordEdit(repo: Repo, edits: readonly Edit[], by: Authorship): Edit | undefined {
  if (edits.length === 0) return undefined;
  const before = readRecord(repo);
  const files = { ...before.files };
  for (const edit of edits) {
    const file = recordFile(files[edit.path], edit, by);
    if (file === undefined) Reflect.deleteProperty(files, edit.path);
    else files[edit.path] = file;
  }
  const run: RecordedRun = { version: by.version, answers: by.answers };
  const services = { ...before.services };
  for (const service of by.services) services[service] = { ...services[service], [by.generator]: run };
  return writeRecord(repo, { schema: 1, services, files });
}

/** The edit that makes the record be this one: an empty one is no file. */
export function writeRecord(repo: Repo, { services, files }: S2sRecord): Edit | undefined {
  const base = repo.read(recordPath);
  if (Object.keys(services).length === 0 && Object.keys(files).length === 0)
    return base === undefined ? undefined : { kind: 'delete', path: recordPath, role: 'record', base };
  const text = withLineEndingsOf(base ?? '', renderRecord({ schema: 1, services, files }));
  return editTowards(repo, recordPath, 'record', text);
}

function recordFile(before: RecordedFile | undefined, edit: Edit, by: Authorship): RecordedFile | undefined {
  const text = textAfter(edit);
  if (text === undefined || edit.kind === 'delete') return undefined;
  const head = { generator: by.generator, role: edit.role, version: by.version, sha256: hashText(text) };
  if (isWholeFile(edit.role)) {
    const lines = sharedLines(edit.kind === 'patch' ? (edit.rendered ?? text) : text);
    return before?.text === undefined ? { ...head, text: lines } : rewritten(before, head, lines);
  }
  const base = edit.kind === 'patch' ? edit.base : undefined;
  const used = by.usedBefore?.(edit) ?? [];
  const patch: RecordedPatch = {
    generator: by.generator,
    role: edit.role,
    version: by.version,
    before: base === undefined ? null : hashText(base),
    hunks: hunksBetween(base ?? '', text, edit.role),
    ...(used.length > 0 && { usedBefore: used }),
  };
  return { ...head, patches: [...(before?.patches ?? []), patch] };
}

/** A file of ours that is written again: it stays with the generator that made it, and what others add can be taken out. */
function rewritten(before: RecordedFile, head: RecordedFile, text: readonly string[]): RecordedFile {
  const { generator, role, version } = head;
  const { patches = [], text: old = [] } = before;
  const [from, to] = [old.join('\n'), text.join('\n')];
  const patch = { generator, role, version, before: hashText(from), hunks: hunksBetween(from, to, role) };
  const all = generator === before.generator || from === to ? patches : [...patches, patch];
  return { ...head, generator: before.generator, text, ...(all.length > 0 && { patches: all }) };
}

function unreadable(reason: string): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: recordPath },
    message: `${recordPath} cannot be read: ${reason.replace(/\.$/, '')}.`,
    remedy: 'Restore it from version control, or delete it: only undo, status and upgrade need it.',
  };
}

/**
 * What two branches have recorded, together. Where both know a file that is ours, `isOnDisk` tells whose text is there;
 * of a file of the user's, the patches of both were put in.
 */
export function mergeRecords(
  ours: S2sRecord,
  theirs: S2sRecord,
  isOnDisk: (path: string, file: RecordedFile) => boolean,
): S2sRecord {
  const files: Record<string, RecordedFile> = { ...theirs.files, ...ours.files };
  for (const [path, their] of Object.entries(theirs.files)) {
    const our = ours.files[path];
    if (our === undefined) continue;
    const known = new Set(our.patches?.map((patch) => JSON.stringify(patch)));
    const more = (their.patches ?? []).filter((patch) => !known.has(JSON.stringify(patch)));
    if (our.text === undefined && our.patches !== undefined)
      files[path] = { ...our, patches: [...our.patches, ...more] };
    else if (!isOnDisk(path, our) && isOnDisk(path, their)) files[path] = their;
  }
  const services = { ...theirs.services, ...ours.services };
  for (const [dir, runs] of Object.entries(theirs.services))
    services[dir] = { ...runs, ...ours.services[dir] };
  return { schema: 1, services, files };
}

const lines = runCache<string, readonly string[]>();

/** The lines of a text; hundreds of services that get the same text share them. */
function sharedLines(text: string): readonly string[] {
  const known = lines.get(text) ?? text.split('\n');
  lines.set(text, known);
  return known;
}
