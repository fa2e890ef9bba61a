import type { Style, TextChange } from '../contract.ts';
import { printString } from '../print.ts';
import { parseSource, ts, walk } from '../syntax.ts';
import { appendElements } from './append-element.ts';

/**
 * Adds a URL to the `publicRoutes` of a file, the list of those that ask for no token. [] when it is there, and where
 * there is no such list to add to: then no route of the whole application asks for one by our hook.
 */
export function ensurePublicRoute(base: string, url: string, style: Style): readonly TextChange[] {
  const source = parseSource('app.ts', base);
  let list: ts.ArrayLiteralExpression | undefined;
  walk(source, (node) => {
    const isList = ts.isPropertyAssignment(node) && node.name.getText(source) === 'publicRoutes';
    if (isList && ts.isArrayLiteralExpression(node.initializer)) list ??= node.initializer;
    return true;
  });
  if (list === undefined) return [];
  const isThere = list.elements.some((element) => ts.isStringLiteralLike(element) && element.text === url);
  return isThere ? [] : appendElements(source, list, [printString(url, style.quote)], style);
}
