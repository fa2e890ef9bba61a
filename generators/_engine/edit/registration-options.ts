import { RefusalError } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import type { RegistrationWant } from '../model/wants.ts';
import { lineOf, parseSource, ts, walk } from '../syntax/tree.ts';
import { registeredName } from './registration-scopes.ts';
import { appendElements, insertion } from './text-lines.ts';
import type { Style } from '../model/code-facts.ts';

/** The call that registers a plugin of that name. */
export function findRegistration(source: ts.SourceFile, plugin: string): ts.CallExpression | undefined {
  let found: ts.CallExpression | undefined;
  walk(source, (node) => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const isIt = node.expression.name.text === 'register' && registeredName(node.arguments[0]) === plugin;
      if (isIt) found ??= node;
    }
    return undefined;
  });
  return found;
}

/**
 * Adds the options that a registration lacks; the user may have changed their values, but not left them out.
 * @throws RefusalError E_NO_REGISTRATION_PLACE
 */
export function ensureOptions(
  source: ts.SourceFile,
  { arguments: given }: ts.CallExpression,
  { app, options, plugin }: RegistrationWant,
): readonly TextChange[] {
  const key = options === undefined ? undefined : /^\w+/.exec(options)?.[0];
  const [first, second] = given;
  if (options === undefined || key === undefined || first === undefined) return [];
  if (second === undefined) return [insertion(first.getEnd(), `, { ${options} }`)];
  if (new RegExp(`\\b${key}\\b`).test(second.getText(source))) return [];
  throw new RefusalError({
    code: 'E_NO_REGISTRATION_PLACE',
    message: `${plugin} is already registered (line ${String(lineOf(source, first.getStart(source)))}), without ${key}.`,
    remedy: 'Add this option to the registration by hand.',
    manual: `${app.binding}.register(${plugin}, { ${options} });`,
  });
}

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
