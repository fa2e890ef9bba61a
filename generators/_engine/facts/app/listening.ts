import { ts, walk } from '../../syntax/tree.ts';
import { memberOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { rootOf } from '../../syntax/uses.ts';

/** The calls of `.listen(…)` in a file. */
export function findListenCalls(scope: ts.Node): readonly ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  walk(scope, (node) => {
    if (ts.isCallExpression(node) && memberOf(node.expression) === 'listen') calls.push(node);
    return true;
  });
  return calls;
}

/**
 * Whether loading a file starts to listen: by itself or through functions and classes of the same file that it calls.
 * What stands below `if (require.main === module)` and the like does not count.
 */
export function listensOnImport(tree: ts.SourceFile): boolean {
  return runsAtLoad(tree, (call) => memberOf(call.expression) === 'listen');
}

/** Whether loading a file makes a call that `isWanted` accepts, functions of the same file included. */
export function runsAtLoad(tree: ts.SourceFile, isWanted: (call: ts.CallExpression) => boolean): boolean {
  const seen = new Set<ts.Node>();
  const runs = (scope: ts.Node): boolean => {
    if (seen.has(scope)) return false;
    seen.add(scope);
    let found = false;
    walk(scope, (node) => {
      if (found || (ts.isIfStatement(node) && isMainGuard(node))) return false;
      if (node !== scope && (ts.isFunctionLike(node) || ts.isClassLike(node)) && !isInvoked(node))
        return false;
      if (ts.isCallExpression(node)) found = isWanted(node) || calledBodies(tree, node).some(runs);
      return !found;
    });
    return found;
  };
  return runs(tree);
}

function isMainGuard({ expression }: ts.IfStatement): boolean {
  return /require\.main|import\.meta|process\.argv|NODE_ENV|VITEST|JEST/.test(expression.getText());
}

/** `(async () => { … })()` and callbacks of chains such as `build().then((app) => app.listen())`. */
function isInvoked(node: ts.Node): boolean {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return false;
  let at: ts.Node = node.parent;
  if (ts.isParenthesizedExpression(at)) at = at.parent;
  if (!ts.isCallExpression(at)) return false;
  return unwrap(at.expression) === node || ['then', 'ready', 'after'].includes(memberOf(at.expression) ?? '');
}

function calledBodies(tree: ts.SourceFile, { expression }: ts.CallExpression): readonly ts.Node[] {
  const callee = unwrap(expression);
  if (ts.isIdentifier(callee)) return declaredFunctions(tree, callee.text);
  const method = memberOf(callee);
  const receiver = receiverOf(callee);
  if (method === undefined || receiver === undefined) return [];
  // `start().catch(…)`: the inner call is visited on its own.
  const isOfClass = ts.isNewExpression(receiver) || rootOf(receiver) !== undefined;
  return isOfClass ? methodsCalled(tree, method) : [];
}

function declaredFunctions(tree: ts.SourceFile, name: string): readonly ts.Node[] {
  return tree.statements.flatMap((statement): readonly ts.Node[] => {
    if (ts.isFunctionDeclaration(statement)) return statement.name?.text === name ? [statement] : [];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.flatMap((one) => {
      const isIt = ts.isIdentifier(one.name) && one.name.text === name && one.initializer !== undefined;
      return isIt && ts.isFunctionLike(one.initializer) ? [one.initializer] : [];
    });
  });
}

function methodsCalled(tree: ts.SourceFile, name: string): readonly ts.Node[] {
  return tree.statements.flatMap((statement) =>
    ts.isClassDeclaration(statement)
      ? statement.members.filter((member) => ts.isMethodDeclaration(member) && member.name.getText() === name)
      : [],
  );
}
