import type { Obstacle } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import type { RegistrationWant } from '../model/wants.ts';
import { lineOf, ts, walk } from '../syntax/tree.ts';
import { registeredName } from './registration-uses.ts';
import { insertion } from './text-lines.ts';

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

/** Adds the options that a registration lacks; the user may have changed their values, but not left them out. */
export function ensureOptions(
  source: ts.SourceFile,
  { arguments: given }: ts.CallExpression,
  { app, options, plugin }: RegistrationWant,
): readonly TextChange[] | Obstacle {
  const key = options === undefined ? undefined : /^\w+/.exec(options)?.[0];
  const [first, second] = given;
  if (options === undefined || key === undefined || first === undefined) return [];
  if (second === undefined) return [insertion(first.getEnd(), `, { ${options} }`)];
  if (new RegExp(`\\b${key}\\b`).test(second.getText(source))) return [];
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    message: `${plugin} is registered already (line ${String(lineOf(source, first.getStart(source)))}), without ${key}.`,
    remedy: 'Add it to the options of that registration by hand.',
    manual: `${app.binding}.register(${plugin}, { ${options} });`,
  };
}
