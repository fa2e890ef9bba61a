import { ts } from './tree.ts';

/** One token or comment as it is written, and its UTF-16 offset. */
export type Token = Readonly<{ text: string; start: number }>;

/** Every token and comment of a file in order; white space is left out. */
export function tokensOf(node: ts.Node, source: ts.SourceFile = node.getSourceFile()): readonly Token[] {
  const tokens: Token[] = [];
  const visit = (each: ts.Node): void => {
    if (each.kind >= ts.SyntaxKind.FirstJSDocNode && each.kind <= ts.SyntaxKind.LastJSDocNode) return;
    const children = each
      .getChildren(source)
      .filter((child) => child.getFullWidth() > 0 || ts.isToken(child));
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const [from, start] = [each.getFullStart(), each.getStart(source)];
    // What stands between two tokens is white space and comments alone, so a pattern is exact here.
    for (const match of source.text.slice(from, start).matchAll(/^#!.*|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g)) {
      tokens.push({ text: match[0], start: from + match.index });
    }
    if (each.getEnd() > start) tokens.push({ text: source.text.slice(start, each.getEnd()), start });
  };
  visit(node);
  return tokens;
}
