import type { RelPath } from '../model/paths.ts';
import { envNameOf, unwrap } from '../syntax/expressions.ts';
import { findNode, ts } from '../syntax/tree.ts';
import type { Survey } from './survey.ts';

/** What an expression has in its own file, and loses where it is written in another one. */
export interface TypeLosses {
  /** Undefined is ruled out there (`!`, `as string`, `if (!x) throw`), and the type elsewhere still has it. */
  readonly mayMiss?: true;
  /** It is awaited there. */
  readonly isPromise?: true;
}

/** Reads by syntax alone, so `mayMiss` says what may be: `?? ''` behind a text that is always there does no harm. */
export function typeLosses(survey: Survey, expression: ts.Expression, file: RelPath): TypeLosses {
  const bare = unwrap(expression);
  const mayMiss =
    isAsserted(expression, bare) ||
    envNameOf(bare) !== undefined ||
    isChecked(bare) ||
    isUncheckedVariable(survey, bare, file);
  return { ...(mayMiss && { mayMiss }), ...(isAwaited(expression, bare) && { isPromise: true as const }) };
}

function isAsserted(expression: ts.Expression, bare: ts.Expression): boolean {
  return wrappers(expression, bare).some((node) => ts.isNonNullExpression(node) || ts.isAsExpression(node));
}

function isAwaited(expression: ts.Expression, bare: ts.Expression): boolean {
  return wrappers(expression, bare).some(ts.isAwaitExpression);
}

function wrappers(expression: ts.Expression, bare: ts.Expression): readonly ts.Node[] {
  const found: ts.Node[] = [];
  for (let at: ts.Node = bare; at !== expression; at = at.parent) found.push(at.parent);
  return found;
}

/** `export const SECRET = process.env.SECRET` is a text or undefined to whoever imports it. */
function isUncheckedVariable(survey: Survey, bare: ts.Expression, file: RelPath): boolean {
  if (!ts.isIdentifier(bare)) return false;
  const declared = survey.names.definitionOf(bare, file)?.node;
  const value =
    declared !== undefined && ts.isVariableDeclaration(declared) ? declared.initializer : undefined;
  return value !== undefined && envNameOf(value) !== undefined && !isChecked(value);
}

/** Some `if` of the file that throws, returns or ends the process asks whether it is there, or has its use inside. */
function isChecked(bare: ts.Expression): boolean {
  const text = bare.getText();
  const isName = ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare);
  if (!isName) return false;
  const check = findNode(bare.getSourceFile(), (node) => {
    if (!ts.isIfStatement(node) || !isAbout(node.expression, text)) return false;
    return /\bthrow\b|\breturn\b|\bexit\(/.test(node.thenStatement.getText()) || isInside(bare, node);
  });
  return check !== undefined;
}

function isInside(node: ts.Node, owner: ts.Node): boolean {
  return node.getStart() >= owner.getStart() && node.getEnd() <= owner.getEnd();
}

/** `!x`, `x === undefined`, `x == null`, `typeof x !== 'string'`, `x`, and these among others. */
function isAbout(condition: ts.Expression, text: string): boolean {
  const isIt = (node: ts.Node): boolean =>
    ts.isExpression(node) &&
    node.getText() === text &&
    !ts.isPropertyAccessExpression(node.parent) &&
    !ts.isCallExpression(node.parent);
  return findNode(condition, isIt) !== undefined;
}
