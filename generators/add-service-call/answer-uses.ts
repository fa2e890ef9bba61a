import type { CheckedProgram } from '../_engine/program/checked-program.ts';
import { memberOf } from '../_engine/syntax/expressions.ts';
import { ts } from '../_engine/syntax/tree.ts';
import { leave, usesOf } from '../_engine/program/call-scope.ts';

/**
 * Checks that the code around a call cannot tell a typed call from it: it awaits it, and reads of its answer and its
 * errors only what both have. @throws Left
 */
export function checkUses(checked: CheckedProgram, call: ts.CallExpression, by: 'fetch' | 'axios'): void {
  const awaited = call.parent;
  if (!ts.isAwaitExpression(awaited)) leave('it is not awaited as it stands');
  const holder = ts.isParenthesizedExpression(awaited.parent) ? awaited.parent : awaited;
  const { parent } = holder;
  checkErrors(checked, call);
  if (by === 'axios' && isData(parent, holder)) return;
  if (!ts.isVariableDeclaration(parent) || parent.initializer !== holder || !isConstant(parent))
    return leave('its answer is not a constant of its own');
  if (ts.isIdentifier(parent.name)) {
    const isAllowed = by === 'fetch' ? isFetchUse : isData;
    const other = usesOf(checked, parent.name).find((use) => !isAllowed(use.parent, use));
    if (other !== undefined) leave(`${short(other.parent)} is read of its answer`);
  } else if (by === 'fetch' || !isDataPattern(parent.name)) leave('its answer is taken apart');
}

function isConstant({ parent, type }: ts.VariableDeclaration): boolean {
  return type === undefined && (parent.flags & ts.NodeFlags.Const) !== 0;
}

function isData(parent: ts.Node, used: ts.Node): boolean {
  return ts.isPropertyAccessExpression(parent) && parent.expression === used && parent.name.text === 'data';
}

/** `{ data }`, `{ data: invoice }`. */
function isDataPattern(name: ts.BindingName): boolean {
  return (
    ts.isObjectBindingPattern(name) &&
    name.elements.every(
      (one) => one.dotDotDotToken === undefined && (one.propertyName ?? one.name).getText() === 'data',
    )
  );
}

/** `.ok`, `.json()`, and `.status` where a success is not told from another one by it. */
function isFetchUse(parent: ts.Node, used: ts.Node): boolean {
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== used) return false;
  const { name } = parent;
  if (name.text === 'ok') return true;
  const { parent: around } = parent;
  if (name.text === 'json')
    return ts.isCallExpression(around) && around.expression === parent && around.arguments.length === 0;
  return name.text === 'status' && (isComparedWithFailure(around) || isBehindNotOk(parent, used.getText()));
}

/** `response.status === 404`: with a number of 300 or more. */
function isComparedWithFailure(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const isComparison = /^(?:[=!]==?|[<>]=?)$/.test(node.operatorToken.getText());
  const number = [node.left, node.right].find(ts.isNumericLiteral);
  return isComparison && number !== undefined && Number(number.text) >= 300;
}

/** In what `if (!response.ok)` guards. */
function isBehindNotOk(node: ts.Node, answer: string): boolean {
  return (
    ts.findAncestor(node, (one) => {
      const { parent } = one as { parent?: ts.Node };
      return (
        parent !== undefined &&
        ts.isIfStatement(parent) &&
        parent.thenStatement === one &&
        parent.expression.getText().replace(/\s/g, '') === `!${answer}.ok`
      );
    }) !== undefined
  );
}

/** What catches the error of the call must not read more of it than both have. */
function checkErrors(checked: CheckedProgram, call: ts.CallExpression): void {
  let node: ts.Node = call;
  while (!ts.isFunctionLike(node) && !ts.isSourceFile(node)) {
    const { parent } = node as { parent: ts.Node };
    const clause = ts.isTryStatement(parent) && parent.tryBlock === node ? parent.catchClause : undefined;
    const name = clause?.variableDeclaration?.name;
    if (name !== undefined && !ts.isIdentifier(name)) leave('its error is taken apart');
    const other = name && usesOf(checked, name).find((use) => !isErrorUse(use));
    if (other !== undefined) leave(`${short(other.parent)} is read of its error`);
    node = parent;
  }
}

/** Thrown again, logged, its kind, its message, a cause; of axios the status and the body. */
function isErrorUse(use: ts.Identifier): boolean {
  let { parent }: { parent: ts.Node } = use;
  while (ts.isAsExpression(parent) || ts.isParenthesizedExpression(parent)) parent = parent.parent;
  if (ts.isThrowStatement(parent) || isLogged(use)) return true;
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === 'cause';
  if (ts.isBinaryExpression(parent))
    return /^(?:Error|TypeError|AxiosError|axios\.AxiosError)$/.test(parent.right.getText());
  if (!ts.isPropertyAccessExpression(parent)) return false;
  return memberOf(parent) === 'message' || /^(?:status|data)$/.test(responseMember(parent));
}

function isLogged(use: ts.Identifier): boolean {
  const call = ts.findAncestor(use, ts.isCallExpression)?.expression.getText() ?? '';
  return /\b(?:log|logger|console)\.\w+$|^(?:axios\.)?isAxiosError$/.test(call);
}

/** `status` of `error.response?.status`. */
function responseMember(access: ts.PropertyAccessExpression): string {
  const { parent } = access;
  const isResponse = access.name.text === 'response' && ts.isPropertyAccessExpression(parent);
  return isResponse && parent.expression === access ? parent.name.text : '';
}

function short(node: ts.Node): string {
  return node.getText().replace(/\s+/g, ' ').slice(0, 60);
}
