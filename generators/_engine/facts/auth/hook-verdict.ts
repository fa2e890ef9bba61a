import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { isFunctionNode, memberOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';

/** What a hook does: it verifies and refuses, it does not, or nobody can tell without running it. */
export type Verdict = 'guards' | 'unknown' | 'passes';

const verifies = /^(jwtVerify|\w*[vV]erify(Token|Jwt|Session|Request)?)$/;
const maxDepth = 3;

/** Reads what runs: the function behind a hook, never its name. */
export function judgeHook(survey: Survey, hook: ts.Expression, file: RelPath, depth = 0): Verdict {
  const bare = unwrap(hook);
  if (depth > maxDepth) return 'unknown';
  if (ts.isArrayLiteralExpression(bare))
    return anyOf(bare.elements.map((one) => judgeHook(survey, one, file, depth + 1)));
  if (ts.isCallExpression(bare)) return judgeAuth(survey, bare, file, depth);
  const found = ts.isPropertyAccessExpression(bare)
    ? decoratedAs(survey, bare.name.text)
    : survey.names.value(bare, file);
  if (found === undefined) return 'unknown';
  if (ts.isPropertyAccessExpression(bare) && isMiddleware(survey, found.file)) return 'guards';
  return isFunctionNode(found.node) ? judgeFunction(survey, found.node, found.file, depth) : 'unknown';
}

/** Our middleware decorates the client that it asks: its own hook is the decorator beside it. */
export function isMiddleware(survey: Survey, file: RelPath): boolean {
  return /\.decorate\(['"]authServiceClient['"]/.test(survey.text(file));
}

/** One that guards is enough: all of them run. */
function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('guards')) return 'guards';
  return verdicts.includes('unknown') ? 'unknown' : 'passes';
}

/** `app.auth([a, b])` of @fastify/auth lets in whom one of them lets in. */
function judgeAuth(survey: Survey, call: ts.CallExpression, file: RelPath, depth: number): Verdict {
  const [list] = call.arguments;
  if (memberOf(call.expression) !== 'auth' || list === undefined || !ts.isArrayLiteralExpression(list))
    return 'unknown';
  const verdicts = list.elements.map((one) => judgeHook(survey, one, file, depth + 1));
  return verdicts.length > 0 && verdicts.every((one) => one === 'guards') ? 'guards' : 'unknown';
}

/** The function that `decorate(name, …)` gives to instances; undefined for none, and for several. */
export function decoratedAs(survey: Survey, name: string): { file: RelPath; node: ts.Node } | undefined {
  const found = survey.filesMatching(/\.decorate\(/).flatMap((file) => {
    const values: ts.Expression[] = [];
    walk(survey.tree(file), (node) => {
      const isIt = ts.isCallExpression(node) && memberOf(node.expression) === 'decorate';
      const [key, value] = isIt ? node.arguments : [];
      if (stringOf(key) === name && value !== undefined) values.push(value);
      return true;
    });
    return values.map((value) => survey.names.value(value, file) ?? { file, node: unwrap(value) });
  });
  return found.length === 1 ? found[0] : undefined;
}

/** It has to call what verifies, and to refuse where that fails. */
function judgeFunction(survey: Survey, node: ts.Node, file: RelPath, depth: number): Verdict {
  let verdict = 'passes' as Verdict;
  walk(node, (at) => {
    if (ts.isCallExpression(at)) verdict = anyOf([verdict, judgeCall(survey, at, node, file, depth)]);
    return verdict !== 'guards';
  });
  return verdict === 'passes' && refuses(node) ? 'unknown' : verdict;
}

function judgeCall(
  survey: Survey,
  call: ts.CallExpression,
  owner: ts.Node,
  file: RelPath,
  depth: number,
): Verdict {
  const name = memberOf(call.expression) ?? call.expression.getText();
  const isConditional = ts.findAncestor(call.parent, (one) => one === owner || isBranch(one)) !== owner;
  if (verifies.test(name)) {
    const around = ts.findAncestor(call, ts.isTryStatement);
    const isCaught = around?.catchClause !== undefined && !refuses(around.catchClause);
    const isSure = name === 'jwtVerify' || refuses(owner);
    if (isCaught || !isSure) return 'passes';
    return isConditional ? 'unknown' : 'guards';
  }
  if (!ts.isIdentifier(call.expression) || depth >= maxDepth) return 'passes';
  const found = survey.names.value(call.expression, file);
  if (found === undefined || found.node === owner || !isFunctionNode(found.node)) return 'passes';
  const inner = judgeFunction(survey, found.node, found.file, depth + 1);
  return inner === 'guards' && isConditional ? 'unknown' : inner;
}

function isBranch(node: ts.Node): boolean {
  return (
    ts.isIfStatement(node) ||
    ts.isConditionalExpression(node) ||
    ts.isSwitchStatement(node) ||
    ts.isIterationStatement(node, false)
  );
}

/** Somewhere in it is a 401, a 403, or a throw. */
function refuses(node: ts.Node): boolean {
  let found = false;
  walk(node, (at) => {
    found ||=
      ts.isThrowStatement(at) ||
      (ts.isNumericLiteral(at) && /^40[13]$/.test(at.text)) ||
      memberOf(at as ts.Expression) === 'unauthorized';
    return !found;
  });
  return found;
}
