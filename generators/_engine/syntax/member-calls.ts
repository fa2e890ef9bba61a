import { rootOf, type Use } from './calls.ts';
import { receiverOf, unwrap } from './expressions.ts';
import { ts, walk } from './tree.ts';

/**
 * The calls of members that are given the instance of these names: `controller.register(app)`. They count as helpers,
 * whose function has to be found by what the receiver is.
 */
export function findMemberCalls(scope: ts.Node, names: readonly string[]): readonly Use[] {
  const uses: Use[] = [];
  walk(scope, (node) => {
    const isShadowed =
      node !== scope &&
      ts.isFunctionLike(node) &&
      node.parameters.some(({ name }) => names.includes(name.getText()));
    if (isShadowed) return false;
    const receiver = ts.isCallExpression(node) ? receiverOf(node.expression) : undefined;
    if (!ts.isCallExpression(node) || receiver === undefined || names.includes(rootOf(receiver) ?? ''))
      return true;
    const binding = node.arguments.map((one) => unwrap(one).getText()).find((text) => names.includes(text));
    if (binding !== undefined) uses.push({ kind: 'helper', binding, call: node });
    return true;
  });
  return uses;
}
