import { hasModifier, isFunctionNode } from '../syntax/expressions.ts';
import { findDeclaration } from '../syntax/symbols.ts';
import { ts, walk } from '../syntax/tree.ts';

/**
 * The call of a function of this file that returns what the module holds. A function that returns anything else may make a
 * new pair for each call: its key would verify nothing that the service has signed.
 */
export function isGetterCall(call: ts.Expression): call is ts.CallExpression {
  if (!ts.isCallExpression(call) || call.arguments.length > 0 || !ts.isIdentifier(call.expression))
    return false;
  const declared = findDeclaration(call.expression, call.expression.text);
  const getter =
    declared !== undefined && ts.isVariableDeclaration(declared) ? declared.initializer : declared;
  if (getter === undefined || !isFunctionNode(getter) || getter.body === undefined) return false;
  if (hasModifier(getter, ts.SyntaxKind.AsyncKeyword) && !ts.isAwaitExpression(call.parent)) return false;
  const returned = ts.isBlock(getter.body) ? returnedBy(getter.body) : [getter.body];
  return returned.length > 0 && returned.every((one) => one !== undefined && isHeld(one));
}

function returnedBy(body: ts.Block): readonly (ts.Expression | undefined)[] {
  const found: (ts.Expression | undefined)[] = [];
  walk(body, (node) => {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isReturnStatement(node)) found.push(node.expression);
    return true;
  });
  return found;
}

/** A variable of the module, or an object of such. */
function isHeld(value: ts.Expression): boolean {
  const bare =
    ts.isParenthesizedExpression(value) || ts.isNonNullExpression(value) ? value.expression : value;
  if (ts.isObjectLiteralExpression(bare))
    return bare.properties.every((member) => {
      if (ts.isShorthandPropertyAssignment(member)) return isHeld(member.name);
      return ts.isPropertyAssignment(member) && isHeld(member.initializer);
    });
  if (ts.isPropertyAccessExpression(bare)) return isHeld(bare.expression);
  if (ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.QuestionQuestionEqualsToken)
    return isHeld(bare.left);
  const held = ts.isIdentifier(bare) ? findDeclaration(bare, bare.text) : undefined;
  return held !== undefined && ts.isVariableDeclaration(held) && isTop(held);
}

function isTop(declaration: ts.VariableDeclaration): boolean {
  return ts.isSourceFile(declaration.parent.parent.parent);
}
