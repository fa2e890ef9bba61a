import type { Style, TextChange } from '../contract.ts';
import { ts, walk } from '../syntax.ts';

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

/** A string literal for a plain value in the wanted quotes, or in the others when they save escapes. */
export function quoteText(value: string, quote: Style['quote']): string {
  return quoteBody(value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r'), quote);
}

/** `body` is what stands between the quotes, escapes and all. Prettier's rule: the quote with fewer escapes wins. */
function quoteBody(body: string, preferred: Style['quote']): string {
  const alternate = preferred === "'" ? '"' : "'";
  const count = (quote: string): number => body.split(quote).length - 1;
  const quote = count(preferred) > count(alternate) ? alternate : preferred;
  const inside = body.replace(/\\(.)|(["'])/gs, (all: string, escaped?: string, bare?: string) => {
    if (bare !== undefined) return bare === quote ? `\\${bare}` : bare;
    return (escaped === '"' || escaped === "'") && escaped !== quote ? escaped : all;
  });
  return quote + inside + quote;
}
