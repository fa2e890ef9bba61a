import { type FunctionNode, memberOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { ts } from '../../syntax/tree.ts';

/** A value that a handler answers with; `status` undefined: it is not written as a number. */
export interface HandlerAnswer {
  readonly status: number | undefined;
  readonly value: ts.Expression | undefined;
}

const ok = 200;

/** What a handler returns or sends, with the status that it has set. */
export function findAnswers(handler: FunctionNode, checker: ts.TypeChecker): readonly HandlerAnswer[] {
  const { body, parameters } = handler;
  const reply = parameters[1]?.name;
  const name = reply !== undefined && ts.isIdentifier(reply) ? reply.text : undefined;
  if (body === undefined) return [];
  if (!ts.isBlock(body)) return [...sendsIn(body, name, checker), ...returned(body, name, checker)];
  const answers: HandlerAnswer[] = [];
  const visit = (node: ts.Node, isOwn: boolean): void => {
    if (isOwn && ts.isReturnStatement(node) && node.expression !== undefined)
      answers.push(...returned(node.expression, name, checker));
    const sent = sendOf(node, name, checker);
    if (sent !== undefined) answers.push(sent);
    ts.forEachChild(node, (child) => {
      visit(child, isOwn && !ts.isFunctionLike(node));
    });
  };
  ts.forEachChild(body, (child) => {
    visit(child, true);
  });
  return answers;
}

function sendsIn(
  node: ts.Node,
  reply: string | undefined,
  checker: ts.TypeChecker,
): readonly HandlerAnswer[] {
  const own = sendOf(node, reply, checker);
  const found = own === undefined ? [] : [own];
  ts.forEachChild(node, (child) => {
    found.push(...sendsIn(child, reply, checker));
  });
  return found;
}

/** Each side of `a ?? b` and `c ? a : b`: one of them may be sent with a status of its own. */
function returned(
  expression: ts.Expression,
  reply: string | undefined,
  checker: ts.TypeChecker,
): readonly HandlerAnswer[] {
  const bare = unwrap(expression);
  if (ts.isConditionalExpression(bare))
    return [bare.whenTrue, bare.whenFalse].flatMap((one) => returned(one, reply, checker));
  if (reply !== undefined && (rootName(bare) === reply || (ts.isIdentifier(bare) && bare.text === reply)))
    return [];
  const set = statusBefore(expression, reply, checker);
  return [{ status: set === undefined ? ok : set.status, value: expression }];
}

/** `reply.code(404).send(…)` */
function sendOf(
  node: ts.Node,
  reply: string | undefined,
  checker: ts.TypeChecker,
): HandlerAnswer | undefined {
  if (reply === undefined || !ts.isCallExpression(node) || memberOf(node.expression) !== 'send')
    return undefined;
  if (rootName(node) !== reply) return undefined;
  const set = statusIn(node, checker) ?? statusBefore(node, reply, checker);
  return { status: set === undefined ? ok : set.status, value: node.arguments[0] };
}

/** `reply` of `reply.code(404).send(…)`. */
function rootName(expression: ts.Expression): string | undefined {
  const bare = unwrap(expression);
  if (!ts.isCallExpression(bare)) return undefined;
  const receiver = receiverOf(bare.expression);
  if (receiver === undefined) return undefined;
  return ts.isIdentifier(receiver) ? receiver.text : rootName(receiver);
}

interface SetStatus {
  readonly status: number | undefined;
}

/** The status that a chain of calls sets; undefined where it sets none. */
function statusIn(expression: ts.Expression, checker: ts.TypeChecker): SetStatus | undefined {
  const bare = unwrap(expression);
  if (!ts.isCallExpression(bare)) return undefined;
  const method = memberOf(bare.expression);
  const [first] = bare.arguments;
  if ((method === 'code' || method === 'status') && first !== undefined) {
    const type = checker.getTypeAtLocation(first);
    return { status: type.isNumberLiteral() ? type.value : undefined };
  }
  const receiver = receiverOf(bare.expression);
  return receiver === undefined ? undefined : statusIn(receiver, checker);
}

/** What `reply.code(404);` has set in the same block or one around it, before a node. */
function statusBefore(
  node: ts.Node,
  reply: string | undefined,
  checker: ts.TypeChecker,
): SetStatus | undefined {
  for (let at: ts.Node = node; !ts.isFunctionLike(at) && !ts.isSourceFile(at); at = at.parent) {
    if (!ts.isBlock(at.parent)) continue;
    const { statements } = at.parent;
    const before = statements.slice(0, statements.indexOf(at as ts.Statement));
    for (const statement of before.toReversed()) {
      if (!ts.isExpressionStatement(statement) || rootName(statement.expression) !== reply) continue;
      const set = statusIn(statement.expression, checker);
      if (set !== undefined) return set;
    }
  }
  return undefined;
}
