import type { TextChange } from '../../model/text-change.ts';
import { ts } from '../../syntax/tree.ts';

/** Takes the comma after the last element off every list; holes in arrays keep theirs. */
export function dropTrailingCommas(source: ts.SourceFile): readonly TextChange[] {
  const changes: TextChange[] = [];
  const visitList = (nodes: ts.NodeArray<ts.Node>): undefined => {
    const last = nodes.at(-1);
    if (nodes.hasTrailingComma && last !== undefined && !ts.isOmittedExpression(last)) {
      changes.push({ start: nodes.end - 1, end: nodes.end, text: '' });
    }
    nodes.forEach(visit);
    return undefined;
  };
  const visit = (node: ts.Node): void => {
    ts.forEachChild(
      node,
      (child) => {
        visit(child);
      },
      visitList,
    );
  };
  visit(source);
  return changes;
}
