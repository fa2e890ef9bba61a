import { printKey, printString } from '../../syntax/print.ts';
import type { Shape } from './shape.ts';

/** A shape as a type of TypeScript, in the canonical style; an object has a line for each member. */
export function printShape(shape: Shape, indent = ''): string {
  switch (shape.kind) {
    case 'nothing':
      return 'void';
    case 'named':
      return shape.name;
    case 'literal':
      return typeof shape.value === 'string' ? printString(shape.value) : String(shape.value);
    case 'union':
      return shape.of.map((one) => printShape(one, indent)).join(' | ');
    case 'array':
      return shape.of.kind === 'union'
        ? `(${printShape(shape.of, indent)})[]`
        : `${printShape(shape.of, indent)}[]`;
    case 'object':
      return printObject(shape, indent);
    default:
      return shape.kind;
  }
}

function printObject({ members, rest }: Shape & { kind: 'object' }, indent: string): string {
  if (members.length === 0)
    return `Record<string, ${rest === undefined ? 'never' : printShape(rest, indent)}>`;
  const inner = `${indent}  `;
  const lines = members.map(({ name, optional, shape }) => {
    return `${inner}${printKey(name)}${optional ? '?' : ''}: ${printShape(shape, inner)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

/** A declaration that is exported: an interface for an object. */
export function printDeclaration(name: string, shape: Shape): string {
  const text = printShape(shape);
  return shape.kind === 'object' && shape.members.length > 0
    ? `export interface ${name} ${text}`
    : `export type ${name} = ${text};`;
}
