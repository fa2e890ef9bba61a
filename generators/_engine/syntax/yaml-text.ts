import { type Document, parse, parseDocument } from 'yaml';

/** Longer than any hand-written compose file or configuration; a longer text counts as empty. */
const maxChars = 100_000;
/** Deeper than anybody nests, by columns or by brackets. */
const maxDepth = 100;
// The check for duplicate keys takes quadratic time.
const options = { uniqueKeys: false, maxAliasCount: 100, logLevel: 'silent' } as const;

/** Parses YAML that a repository brings; a text that is too long or too deep is an empty document. */
export function parseYaml(text: string): Document {
  return parseDocument(isBounded(text) ? text : '', options);
}

/** The value of a YAML or JSON text; undefined for one that does not parse, is too long or too deep. */
export function readYaml(text: string): unknown {
  try {
    return isBounded(text) ? (parse(text, options) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

function isBounded(text: string): boolean {
  if (text.length > maxChars) return false;
  let depth = 0;
  for (const sign of text) {
    if (sign === '[' || sign === '{') depth += 1;
    if (depth > maxDepth) return false;
    if (sign === ']' || sign === '}') depth = Math.max(0, depth - 1);
  }
  return !/^[ \t]{200}/m.test(text) && !/(?:(?:[-?:]|[!&*][^\s]{0,40})[ \t]+){30}/.test(text);
}
