import { memberOf, stringOf } from '../_engine/syntax/expressions.ts';
import { ts } from '../_engine/syntax/tree.ts';

/** What becomes of the value of a call: the fields that are read, else the whole of it. */
export function fieldsOf(call: ts.CallExpression): readonly string[] {
  const value = outermost(call);
  const { parent } = value;
  // Nobody looks at it.
  if (ts.isExpressionStatement(parent)) return [];
  return ts.isVariableDeclaration(parent) && parent.initializer === value
    ? bound(parent.name, '')
    : accessed(value, '');
}

/** With `await`, parentheses and `!` around it. */
function outermost(node: ts.Expression): ts.Expression {
  const { parent } = node;
  const isAround =
    ts.isAwaitExpression(parent) || ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent);
  return isAround ? outermost(parent) : node;
}

/** `.a.b[0].c` behind a value; a method that is called reads all that is below it. */
function accessed(node: ts.Expression, field: string): readonly string[] {
  const value = outermost(node);
  const { parent } = value;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === value) {
    const isCalled = ts.isCallExpression(parent.parent) && parent.parent.expression === parent;
    const name = memberOf(parent) ?? '';
    return isCalled || name === 'length'
      ? [field]
      : accessed(parent, field === '' ? name : `${field}.${name}`);
  }
  if (ts.isElementAccessExpression(parent) && parent.expression === value) {
    const key = stringOf(parent.argumentExpression);
    return accessed(parent, key === undefined ? `${field}[]` : field === '' ? key : `${field}.${key}`);
  }
  return ts.isVariableDeclaration(parent) &&
    parent.initializer === value &&
    ts.isObjectBindingPattern(parent.name)
    ? bound(parent.name, field)
    : [field];
}

function bound(name: ts.BindingName, field: string): readonly string[] {
  if (ts.isArrayBindingPattern(name)) return [field];
  if (ts.isObjectBindingPattern(name))
    return name.elements.flatMap((element) => {
      const key = element.propertyName ?? element.name;
      if (element.dotDotDotToken !== undefined || !ts.isIdentifier(key)) return [field];
      const below = field === '' ? key.text : `${field}.${key.text}`;
      return ts.isIdentifier(element.name) ? [below] : bound(element.name, below);
    });
  const scope = ts.findAncestor(name, (node) => ts.isFunctionLike(node) || ts.isSourceFile(node));
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name.text && node !== name && !isMemberName(node))
      found.push(...accessed(node, field));
    ts.forEachChild(node, visit);
  };
  if (scope !== undefined) visit(scope);
  return found;
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node)
  );
}
