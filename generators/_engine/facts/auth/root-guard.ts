import type { GuardFact } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { printKey } from '../../syntax/print.ts';
import { findNode, placeOf, ts, walk } from '../../syntax/tree.ts';
import { memberOf, receiverOf, stringOf } from '../../syntax/expressions.ts';
import { withoutGenerated } from '../../program/survey.ts';
import { findHelper, findPluginFunction, parameterName } from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';
import type { Use } from '../../syntax/calls.ts';

/** Code in which `instance` is the application itself. */
interface Root {
  readonly file: RelPath;
  readonly node: ts.Node;
  readonly instances: readonly string[];
}

const hooks: ReadonlySet<string> = new Set(['onRequest', 'preParsing', 'preValidation', 'preHandler']);
const refuses = /\bjwtVerify\b|\b40[13]\b|unauthori[sz]ed|forbidden/i;

/** The hook of the whole application that refuses requests but for routes that opt out; undefined without one. */
export function findRootGuard(survey: Survey, app: Root, uses: readonly Use[]): GuardFact | undefined {
  const own = new Set<RelPath>(withoutGenerated(survey).files);
  const roots = [app, ...uses.flatMap((use) => sharedRoots(survey, use, app.file))];
  for (const root of roots.filter(({ file }) => own.has(file))) {
    for (const call of hookCalls(root)) {
      const guard = guardOf(survey, call, root.file);
      if (guard !== undefined) return guard;
    }
  }
  return undefined;
}

/** Functions that get the application itself: wrapped in fastify-plugin, or called with it. */
function sharedRoots(survey: Survey, use: Use, file: RelPath): readonly Root[] {
  const [plugin] = use.kind === 'register' ? use.call.arguments : [];
  const helper = findHelper(survey, use, file);
  const found = helper ?? (plugin && findPluginFunction(survey, plugin, file));
  const instance = found?.shared === true ? parameterName(found.node, helper?.index) : undefined;
  return found === undefined || instance === undefined
    ? []
    : [{ file: found.file, node: found.node, instances: [instance] }];
}

/** The hooks before a handler that code adds to an instance; those of another one of that name inside are left out. */
export function hookCalls({
  instances,
  node: root,
}: Pick<Root, 'instances' | 'node'>): readonly ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  walk(root, (node) => {
    const isInner = node !== root && ts.isFunctionLike(node);
    if (isInner && node.parameters.some(({ name }) => instances.includes(name.getText()))) return false;
    if (!ts.isCallExpression(node) || memberOf(node.expression) !== 'addHook') return true;
    const receiver = receiverOf(node.expression)?.getText() ?? '';
    if (instances.includes(receiver) && hooks.has(stringOf(node.arguments[0]) ?? '')) calls.push(node);
    return true;
  });
  return calls;
}

function guardOf(survey: Survey, call: ts.CallExpression, file: RelPath): GuardFact | undefined {
  const [, hook] = call.arguments;
  const found = hook === undefined ? undefined : survey.names.value(hook, file);
  const text = found?.node.getText() ?? '';
  if (!refuses.test(text)) return undefined;
  const lists = [...survey.text(file).matchAll(/(['"`])(\/[^'"`\s]*)\1/g)].map(([, , url = '']) => url);
  const place = { ...placeOf(call, file), lists };
  const asked = found === undefined ? undefined : routeConfigIn(found.node);
  // A guard that only routes which ask for it are stopped by is none to us.
  if (asked !== undefined)
    return asked.isNegated ? undefined : { ...place, optOut: `${printKey(asked.key)}: ${asked.value}` };
  return /\.(includes|has|some)\(/.test(text) ? place : undefined;
}

/** The first `request.routeOptions.config.x` of a hook, and what it is compared with. */
function routeConfigIn(
  hook: ts.Node,
): Readonly<{ key: string; value: 'true' | 'false'; isNegated: boolean }> | undefined {
  const found = findNode(
    hook,
    (node) => ts.isExpression(node) && memberOf(node) !== undefined && isRouteConfig(receiverOf(node)),
  );
  const key = found && memberOf(found as ts.Expression);
  if (found === undefined || key === undefined) return undefined;
  const { parent } = found;
  const isNegated = ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.ExclamationToken;
  const isFalse =
    ts.isBinaryExpression(parent) &&
    [ts.SyntaxKind.EqualsEqualsToken, ts.SyntaxKind.EqualsEqualsEqualsToken].includes(
      parent.operatorToken.kind,
    ) &&
    parent.right.kind === ts.SyntaxKind.FalseKeyword;
  return { key, value: isFalse ? 'false' : 'true', isNegated };
}

/** `request.routeOptions.config`, `request.context.config`, `routeOptions.config` */
function isRouteConfig(node: ts.Expression | undefined): boolean {
  if (node === undefined || memberOf(node) !== 'config') return false;
  const owner = receiverOf(node);
  const name = owner && (ts.isIdentifier(owner) ? owner.text : memberOf(owner));
  return name === 'routeOptions' || name === 'context';
}
