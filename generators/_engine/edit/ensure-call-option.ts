import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import { callsIn } from '../syntax/calls.ts';
import { importedBy } from '../syntax/symbols.ts';
import { parseSource, ts } from '../syntax/tree.ts';
import { appendElements } from './text-lines.ts';

/**
 * Gives the call of an imported function one option more. [] when it has it, whatever its value; undefined when there is
 * not exactly one such call, or its options are no object literal.
 */
export function ensureCallOption(
  base: string,
  { callee, key, value }: Readonly<{ callee: string; key: string; value: string }>,
  style: Style,
): readonly TextChange[] | undefined {
  const source = parseSource('app.ts', base);
  const calls = callsIn(source).filter(({ expression }) => importedBy(expression)?.name === callee);
  const [options] = calls[0]?.arguments ?? [];
  if (calls.length !== 1 || options === undefined || !ts.isObjectLiteralExpression(options)) return undefined;
  // A spread may have it.
  if (options.properties.some(ts.isSpreadAssignment)) return undefined;
  const isThere = options.properties.some(({ name }) => name?.getText(source) === key);
  return isThere ? [] : appendElements(source, options, [`${key}: ${value}`], style);
}
