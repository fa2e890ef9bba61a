import { hashText } from './hash.ts';
import { basenameRel, toRel } from '../model/paths.ts';
import { assertRecordShape, type StoredRecord } from './record-shape.ts';
import type { RecordedFile, S2sRecord } from './s2s-record.ts';

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
