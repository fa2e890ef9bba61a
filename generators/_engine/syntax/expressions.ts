import { ts, walk } from './tree.ts';

export type FunctionNode =
  ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.MethodDeclaration;

/** The expression without parentheses, `as`, `satisfies`, `!`, `await` and `void` around it. */
export function unwrap(node: ts.Expression): ts.Expression {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isAwaitExpression(node) ||
    ts.isVoidExpression(node)
  ) {
    return unwrap(node.expression);
  }
  return node;
}

/** The value of a string literal or of a template without holes. */
export function stringOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  const bare = unwrap(node);
  return ts.isStringLiteralLike(bare) ? bare.text : undefined;
}

/** The value of `name` in an object literal; its name for a shorthand property. */
export function propertyOf(node: ts.Expression | undefined, name: string): ts.Expression | undefined {
  if (node === undefined) return undefined;
  const object = unwrap(node);
  if (!ts.isObjectLiteralExpression(object)) return undefined;
  for (const member of object.properties) {
    if (member.name === undefined || keyOf(member.name) !== name) continue;
    if (ts.isPropertyAssignment(member)) return member.initializer;
    if (ts.isShorthandPropertyAssignment(member)) return member.name;
  }
  return undefined;
}

/** The text of a property's name; undefined for a computed one. */
export function keyOf(name: ts.PropertyName): string | undefined {
  return ts.isComputedPropertyName(name) ? stringOf(name.expression) : name.text;
}

/** `b` for `a.b` and `a['b']`. */
export function memberOf(node: ts.Expression): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isElementAccessExpression(node) ? stringOf(node.argumentExpression) : undefined;
}

/** `a` for `a.b` and `a['b']`. */
export function receiverOf(node: ts.Expression): ts.Expression | undefined {
  return ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)
    ? unwrap(node.expression)
    : undefined;
}

/** `X` for `process.env.X` and `process.env['X']`. */
export function envNameOf(node: ts.Expression): string | undefined {
  const receiver = receiverOf(node);
  return receiver !== undefined && isProcessEnv(receiver) ? memberOf(node) : undefined;
}

export function isProcessEnv(node: ts.Expression): boolean {
  const receiver = receiverOf(node);
  return (
    memberOf(node) === 'env' &&
    receiver !== undefined &&
    ts.isIdentifier(receiver) &&
    receiver.text === 'process'
  );
}

export function isFunctionNode(node: ts.Node): node is FunctionNode {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node)
  );
}

/** What a function returns: the expression of each return statement of its own, or its body where that is one. */
export function returnsOf({ body }: FunctionNode): readonly (ts.Expression | undefined)[] {
  if (body === undefined) return [];
  if (!ts.isBlock(body)) return [body];
  const found: (ts.Expression | undefined)[] = [];
  walk(body, (node) => {
    if (ts.isReturnStatement(node)) found.push(node.expression);
    return !ts.isFunctionLike(node);
  });
  return found;
}

/** `a = b`. */
export function isAssignment(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
}

/** The name that a function or a class is called by; undefined for one without. */
export function nameOf(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return node.name?.text;
  const { parent } = node;
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : undefined;
}

/** The nearest function or method around a node; undefined at module level. */
export function enclosingFunction(node: ts.Node): FunctionNode | undefined {
  const found = ts.findAncestor(node.parent, (at) => isFunctionNode(at) || ts.isConstructorDeclaration(at));
  return found !== undefined && isFunctionNode(found) ? found : undefined;
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false)
  );
}
