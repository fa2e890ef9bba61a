import { ts } from './tree.ts';

/** A call by its method and arguments: it is the same in a text in which other lines have been added. */
export function callKey({ arguments: given, expression }: ts.CallExpression): string {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return `${name}(${given.map((one) => one.getText()).join(', ')})`.replace(/\s+/g, ' ');
}
