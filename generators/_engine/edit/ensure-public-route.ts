import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import { printString } from '../syntax/print.ts';
import { parseSource, ts, walk } from '../syntax/tree.ts';
import { appendElements } from './text-lines.ts';

/**
 * Adds an entry such as `GET /metrics` to the `publicRoutes` of a file, the list of those that ask for no token. [] when it is there, and where
 * there is no such list to add to: then no route of the whole application asks for one by our hook.
 */
export function ensurePublicRoute(base: string, entry: string, style: Style): readonly TextChange[] {
  const source = parseSource('app.ts', base);
  const list = findList(source);
  if (list === undefined) return [];
  const isThere = entriesOf(list).includes(entry);
  return isThere ? [] : appendElements(source, list, [printString(entry, style.quote)], style);
}

/** The entries of the `publicRoutes` of a file; undefined when it has no such list. */
export function findPublicRoutes(text: string): readonly string[] | undefined {
  const list = findList(parseSource('app.ts', text));
  return list === undefined ? undefined : entriesOf(list);
}

function findList(source: ts.SourceFile): ts.ArrayLiteralExpression | undefined {
  let list: ts.ArrayLiteralExpression | undefined;
  walk(source, (node) => {
    const isList = ts.isPropertyAssignment(node) && node.name.getText(source) === 'publicRoutes';
    if (isList && ts.isArrayLiteralExpression(node.initializer)) list ??= node.initializer;
    return true;
  });
  return list;
}

function entriesOf(list: ts.ArrayLiteralExpression): readonly string[] {
  return list.elements.filter(ts.isStringLiteralLike).map(({ text }) => text);
}
