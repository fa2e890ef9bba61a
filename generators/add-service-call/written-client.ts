import {
  objectShape,
  type Shape,
  type ShapeMember,
  unknownShape,
} from '../_engine/facts/route-types/shape.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import { callsIn } from '../_engine/syntax/calls.ts';
import { keyOf, stringOf } from '../_engine/syntax/expressions.ts';
import { parseSource, ts } from '../_engine/syntax/tree.ts';

/** A method of a client as it was generated, by the code that is there. */
export interface WrittenMethod {
  readonly name: string;
  /** `GET /invoices/:id` */
  readonly route: string;
  /** `params`, `query` and `body`, as far as it has them. */
  readonly inputs: readonly ShapeMember[];
  readonly answer: Shape;
}

export interface WrittenClient {
  readonly methods: readonly WrittenMethod[];
  readonly types: ReadonlyMap<string, Shape>;
}

/** Reads the client of a callee: its types are what the callee said when it was generated last. */
export function readClient(path: RelPath, text: string): WrittenClient {
  const types = new Map<string, Shape>();
  const methods: WrittenMethod[] = [];
  for (const statement of parseSource(path, text).statements) {
    if (ts.isInterfaceDeclaration(statement)) types.set(statement.name.text, objectOf(statement.members));
    else if (ts.isTypeAliasDeclaration(statement)) types.set(statement.name.text, shapeOf(statement.type));
    else if (ts.isClassDeclaration(statement))
      methods.push(...statement.members.flatMap((member) => methodIn(member, types) ?? []));
  }
  return { methods, types };
}

function methodIn(member: ts.ClassElement, types: ReadonlyMap<string, Shape>): WrittenMethod | undefined {
  if (!ts.isMethodDeclaration(member) || member.body === undefined || member.type === undefined)
    return undefined;
  const [made] = callsIn(member.getSourceFile(), 'call').filter(
    (call) => call.pos >= member.pos && call.end <= member.end,
  );
  const [method, route] = (made?.arguments ?? []).map((one) => stringOf(one));
  if (method === undefined || route === undefined) return undefined;
  const given = member.parameters[0]?.type;
  const inputs = given !== undefined && ts.isIntersectionTypeNode(given) ? given.types[0] : undefined;
  const [answer] = ts.isTypeReferenceNode(member.type) ? (member.type.typeArguments ?? []) : [];
  return {
    name: member.name.getText(),
    route: `${method.toUpperCase()} ${route}`,
    inputs: (inputs && objectShape(shapeOf(inputs), types)?.members) ?? [],
    answer: answer === undefined ? unknownShape : shapeOf(answer),
  };
}

function objectOf(members: ts.NodeArray<ts.TypeElement>): Shape {
  const own = members.flatMap((member): readonly ShapeMember[] => {
    if (!ts.isPropertySignature(member) || member.type === undefined) return [];
    const name = keyOf(member.name);
    const optional = member.questionToken !== undefined;
    return name === undefined ? [] : [{ name, shape: shapeOf(member.type), optional }];
  });
  return { kind: 'object', members: own };
}

/** The types that our own printer writes; what somebody has put in their place is unknown. */
function shapeOf(type: ts.TypeNode): Shape {
  if (ts.isParenthesizedTypeNode(type)) return shapeOf(type.type);
  if (ts.isArrayTypeNode(type)) return { kind: 'array', of: shapeOf(type.elementType) };
  if (ts.isUnionTypeNode(type)) return { kind: 'union', of: type.types.map(shapeOf) };
  if (ts.isTypeLiteralNode(type)) return objectOf(type.members);
  if (ts.isLiteralTypeNode(type)) return literalOf(type.literal);
  if (ts.isTypeReferenceNode(type)) return referred(type);
  switch (type.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { kind: 'string' };
    case ts.SyntaxKind.NumberKeyword:
      return { kind: 'number' };
    case ts.SyntaxKind.BooleanKeyword:
      return { kind: 'boolean' };
    case ts.SyntaxKind.VoidKeyword:
      return { kind: 'nothing' };
    default:
      return unknownShape;
  }
}

function literalOf(literal: ts.LiteralTypeNode['literal']): Shape {
  if (literal.kind === ts.SyntaxKind.NullKeyword) return { kind: 'null' };
  if (ts.isStringLiteral(literal)) return { kind: 'literal', value: literal.text };
  if (literal.kind === ts.SyntaxKind.TrueKeyword || literal.kind === ts.SyntaxKind.FalseKeyword)
    return { kind: 'literal', value: literal.kind === ts.SyntaxKind.TrueKeyword };
  const value = Number(literal.getText());
  return Number.isNaN(value) ? unknownShape : { kind: 'literal', value };
}

function referred({ typeArguments, typeName }: ts.TypeReferenceNode): Shape {
  const name = typeName.getText();
  const rest = typeArguments?.[1];
  if (name !== 'Record') return { kind: 'named', name };
  if (rest === undefined || rest.kind === ts.SyntaxKind.NeverKeyword) return { kind: 'object', members: [] };
  return { kind: 'object', members: [], rest: shapeOf(rest) };
}
