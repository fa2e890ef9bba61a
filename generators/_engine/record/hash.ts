import { createHash } from 'node:crypto';

import { withUnixLineEndings } from '../model/text-change.ts';
import { runCache } from '../model/run-caches.ts';
import { codeWithSortedImports } from '../syntax/tokens.ts';
import { parseSource } from '../syntax/tree.ts';

/** SHA-256 of a text's UTF-8 bytes, in hex. Line endings do not count: git may check out CRLF where LF is committed. */
export function hashText(text: string): string {
  return createHash('sha256').update(withUnixLineEndings(text), 'utf8').digest('hex');
}

const hashes = runCache<string, string>();

/**
 * 16 hex digits over what a file says, without what formatters choose: TypeScript by its tokens, JSON by its value, other
 * files by their lines with the depth of each, without quotes and trailing white space.
 */
export function hashCode(path: string, text: string): string {
  const kind = /\.(?:[cm]?tsx?|json)$/.exec(path)?.[0] ?? '';
  const key = `${kind} ${text}`;
  const known = hashes.get(key) ?? hashText(codeIn(kind, text)).slice(0, 16);
  hashes.set(key, known);
  return known;
}

/** Whether two texts of a file differ in nothing but what formatters choose. */
export function isSameCode(path: string, a: string, b: string): boolean {
  return a === b || hashCode(path, a) === hashCode(path, b);
}

function codeIn(kind: string, text: string): string {
  if (kind === '') return linesIn(text);
  return kind === '.json'
    ? valueIn(text)
    : codeWithSortedImports(parseSource(`a${kind}`, withUnixLineEndings(text))).join('\0');
}

/** What a JSON text says; of one that does not parse, the text. */
function valueIn(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

/** Each line after the depth that its indentation makes: two or four spaces are the same. */
function linesIn(text: string): string {
  const widths: number[] = [];
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines
    .map((line) => {
      const width = line.length - line.trimStart().length;
      while ((widths.at(-1) ?? -1) >= width) widths.pop();
      widths.push(width);
      return `${String(widths.length)} ${line.trim().replaceAll("'", '"')}`;
    })
    .join('\n');
}
