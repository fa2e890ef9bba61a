import { lstatSync, readFileSync } from 'node:fs';

/** The bytes of a file; undefined when there is none. */
export function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** What a file of ours holds; undefined when there is none. @throws Error when it is a link or no JSON */
export function readPlainJson(path: string): unknown {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFile()) throw new Error('it is no plain file');
  const bytes = readBytes(path);
  return bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
}

/** A system error of that code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
