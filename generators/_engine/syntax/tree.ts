/**
 * The one door to the TypeScript parser. ts-morph bundles a compiler of its own, so the version that a
 * user's project has (7 has no compiler API) never matters. Parse only: no program, no type checker.
 */
import { runCache } from '../model/run-caches.ts';
import ts from './typescript.cjs';
import { spend } from './work.ts';

export { ts };

/** Characters whose trees are kept; a tree takes some 40 bytes for each. */
const maxParsedChars = 2_000_000;
const parsed = runCache<string, ts.SourceFile>();
const owners = new WeakMap<ts.SourceFile, string>();
let parsedChars = 0;

/**
 * Parses TypeScript; parents are set. `path` decides between .ts and .tsx. Never throws. A text is parsed once, though
 * it is asked about again and again: rendered, restyled, surveyed as a part of a plan, proven.
 */
export function parseSource(path: string, text: string): ts.SourceFile {
  return parseOnce(path.endsWith('x') ? `tsx ${text}` : text, path, text);
}

/** Like {@link parseSource}, but no other path gets these nodes: a file with the same text has declarations of its own. */
export function parseFile(path: string, text: string): ts.SourceFile {
  const tree = parseSource(path, text);
  const owner = owners.get(tree) ?? path;
  owners.set(tree, owner);
  return owner === path ? tree : parseOnce(`${path} ${text}`, path, text);
}

function parseOnce(key: string, path: string, text: string): ts.SourceFile {
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  if (parsedChars > maxParsedChars) parsed.clear();
  if (parsed.size === 0) parsedChars = 0;
  parsed.set(key, tree);
  parsedChars += text.length;
  return tree;
}

/** Messages of the parser with their 1-based line; [] for a file that parses. */
export function syntaxErrors(source: ts.SourceFile): readonly { line: number; message: string }[] {
  const { parseDiagnostics } = source as ts.SourceFile & {
    parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  };
  return parseDiagnostics.map((diagnostic) => ({
    line: lineOf(source, diagnostic.start),
    message: ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '),
  }));
}

/** 1-based line of a UTF-16 offset. */
export function lineOf(source: ts.SourceFile, offset: number): number {
  return source.getLineAndCharacterOfPosition(offset).line + 1;
}

/** Visits `node` and everything below it, parents first; a visitor that returns false skips what is below. @throws RefusalError E_TOO_COMPLEX */
export function walk(node: ts.Node, visit: (node: ts.Node) => boolean | undefined): void {
  spend(1, () => node.getSourceFile().fileName);
  if (visit(node) === false) return;
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
}
