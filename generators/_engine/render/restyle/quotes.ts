import type { Style } from '../../model/code-facts.ts';
import type { TextChange } from '../../model/text-change.ts';
import { quoteBody } from '../../syntax/print.ts';
import { ts, walk } from '../../syntax/tree.ts';

/** Puts string literals into the wanted quotes, unless that needs more escapes; never template literals. */
export function requote(source: ts.SourceFile, quote: Style['quote']): readonly TextChange[] {
  const changes: TextChange[] = [];
  walk(source, (node) => {
    if (!ts.isStringLiteral(node)) return undefined;
    const [start, end] = [node.getStart(source), node.getEnd()];
    const old = source.text.slice(start, end);
    const text = quoteBody(old.slice(1, -1), quote);
    if (text !== old) changes.push({ start, end, text });
    return undefined;
  });
  return changes;
}
