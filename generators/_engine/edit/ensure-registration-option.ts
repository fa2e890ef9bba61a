import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import { parseSource, ts } from '../syntax/tree.ts';
import { appendElements } from './append-element.ts';
import { findRegistration } from './registration-options.ts';
import { insertion } from './text-lines.ts';

/**
 * Gives a plugin that is registered already one option more. [] when it has it, whatever its value; undefined when the
 * plugin is not registered here, or its options are no object literal.
 */
export function ensureRegistrationOption(
  base: string,
  want: Readonly<{ plugin: string; key: string; value: string }>,
  style: Style,
): readonly TextChange[] | undefined {
  const source = parseSource('app.ts', base);
  const [plugin, options] = findRegistration(source, want.plugin)?.arguments ?? [];
  if (plugin === undefined) return undefined;
  const text = `${want.key}: ${want.value}`;
  if (options === undefined) return [insertion(plugin.getEnd(), `, { ${text} }`)];
  if (!ts.isObjectLiteralExpression(options)) return undefined;
  const isThere = options.properties.some((property) => property.name?.getText(source) === want.key);
  return isThere ? [] : appendElements(source, options, [text], style);
}
