/**
 * The one door to the TypeScript parser. ts-morph bundles a compiler of its own, so the version that a
 * user's project has (7 has no compiler API) never matters. Parse only: no program, no type checker.
 */
import { ts } from 'ts-morph';

export { ts };

/** Parses TypeScript; parents are set. `path` decides only between .ts and .tsx. Never throws. */
export function parseSource(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
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

/** Visits `node` and everything below it, parents first; a visitor that returns false skips what is below. */
export function walk(node: ts.Node, visit: (node: ts.Node) => boolean | undefined): void {
  if (visit(node) === false) return;
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
}
