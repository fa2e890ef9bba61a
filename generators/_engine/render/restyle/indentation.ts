import type { TextChange } from '../../model/text-change.ts';
import { ts, walk } from '../../syntax/tree.ts';

type Span = Readonly<{ start: number; end: number }>;

/**
 * Turns each leading pair of spaces into `indent`. Lines inside template literals stay; those inside a block
 * comment keep their distance from where the comment begins.
 */
export function reindent(source: ts.SourceFile, indent: string): readonly TextChange[] {
  const { text } = source;
  const templates = templateSpans(source);
  const comments = commentSpans(source);
  return source.getLineStarts().flatMap((start) => {
    const width = leadingSpaces(text, start);
    if (width === 0 || templates.some((span) => span.start < start && start <= span.end)) return [];
    const comment = comments.find((span) => span.start < start && start < span.end);
    const shared = comment === undefined ? width : Math.min(width, indentOf(source, comment.start));
    const levels = Math.floor(shared / 2);
    if (levels === 0) return [];
    return [{ start, end: start + levels * 2, text: indent.repeat(levels) }];
  });
}

function leadingSpaces(text: string, start: number): number {
  let end = start;
  while (text[end] === ' ') end += 1;
  return end - start;
}

function indentOf(source: ts.SourceFile, offset: number): number {
  const lineStart = offset - source.getLineAndCharacterOfPosition(offset).character;
  return leadingSpaces(source.text, lineStart);
}

function templateSpans(source: ts.SourceFile): readonly Span[] {
  const spans: Span[] = [];
  walk(source, (node) => {
    if (ts.isTemplateLiteralToken(node)) spans.push({ start: node.getStart(source), end: node.getEnd() - 1 });
    return undefined;
  });
  return spans;
}

/** Comments live between tokens, so the gaps in front of the leaves of the tree hold all of them. */
function commentSpans(source: ts.SourceFile): readonly Span[] {
  const spans = new Map<number, Span>();
  const visit = (node: ts.Node): void => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return;
    const children = node.getChildren(source);
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const from = node.getFullStart();
    const gap = source.text.slice(from, node.getStart(source));
    for (const match of gap.matchAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g)) {
      const start = from + match.index;
      spans.set(start, { start, end: start + match[0].length });
    }
  };
  visit(source);
  return [...spans.values()];
}
