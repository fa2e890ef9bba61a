import { ts } from '../../syntax/tree.ts';
import {
  nothingShape,
  ownName,
  type Shape,
  type ShapeMember,
  type TypeNames,
  unionOf,
  unknownShape,
} from './shape.ts';

/** Levels of a type without names of its own; below them it is unknown. */
const maxDepth = 12;
/** Parts of a union, or members of an object: one with more is generated, and nobody reads its type. */
const maxParts = 200;

/** What JSON.stringify makes of the values of types, by their types. */
export class JsonTypes {
  readonly #checker: ts.TypeChecker;
  readonly #names: TypeNames;

  constructor(checker: ts.TypeChecker, names: TypeNames) {
    this.#checker = checker;
    this.#names = names;
  }

  /** `at`: a node in whose place the type is looked at. */
  shapeOf(type: ts.Type, at: ts.Node, depth = 0): Shape {
    if (depth > maxDepth) return unknownShape;
    return simpleShape(type) ?? this.#compound(type, at, depth);
  }

  #compound(type: ts.Type, at: ts.Node, depth: number): Shape {
    if (type.isUnion()) return this.#union(type, at, depth);
    if ((type.flags & ts.TypeFlags.TypeParameter) !== 0) {
      const constraint = this.#checker.getBaseConstraintOfType(type);
      return constraint === undefined ? unknownShape : this.shapeOf(constraint, at, depth + 1);
    }
    if (type.isIntersection()) {
      const brand = type.types.map(simpleShape).find((shape) => shape !== undefined);
      if (brand !== undefined) return brand;
    }
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type))
      return this.#array(type, at, depth);
    if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0) return unknownShape;
    return this.#object(type, at, depth);
  }

  #union(type: ts.UnionType, at: ts.Node, depth: number): Shape {
    if (type.types.length > maxParts) return unknownShape;
    const parts = (): Shape => {
      const shapes = type.types.map((one) => this.shapeOf(one, at, depth + 1));
      const kept = shapes.filter(({ kind }) => kind !== 'nothing');
      return kept.length === 0 ? nothingShape : unionOf(kept);
    };
    const name = type.types.some(isObject) ? ownName(type) : undefined;
    return name === undefined ? parts() : this.#names.named(type, name, parts);
  }

  /** A hole in an array is null. */
  #array(type: ts.Type, at: ts.Node, depth: number): Shape {
    const elements = this.#checker.getTypeArguments(type as ts.TypeReference);
    const shapes = elements.map((one) => this.shapeOf(one, at, depth + 1));
    const of = shapes.map((shape): Shape => (shape.kind === 'nothing' ? { kind: 'null' } : shape));
    return { kind: 'array', of: of.length === 0 ? unknownShape : unionOf(of) };
  }

  #object(type: ts.Type, at: ts.Node, depth: number): Shape {
    const toJson = type.getProperty('toJSON');
    const [made] =
      toJson === undefined ? [] : this.#checker.getTypeOfSymbolAtLocation(toJson, at).getCallSignatures();
    if (made !== undefined) return this.shapeOf(made.getReturnType(), at, depth + 1);
    if (type.getCallSignatures().length > 0) return nothingShape;
    const name = ownName(type);
    const find = (): Shape => this.#members(type, at, name === undefined ? depth : 0);
    return name === undefined ? find() : this.#names.named(type, name, find);
  }

  #members(type: ts.Type, at: ts.Node, depth: number): Shape {
    const properties = this.#checker.getPropertiesOfType(type);
    if (properties.length > maxParts) return unknownShape;
    const members = properties.flatMap((property) => this.#member(property, at, depth) ?? []);
    const index = type.getStringIndexType();
    if (members.length > 0 || index === undefined) {
      // `object` and `{}` say that there is something, and no more.
      return members.length === 0 && properties.length === 0 && !isFreshLiteral(type)
        ? unknownShape
        : { kind: 'object', members };
    }
    const rest = this.shapeOf(index, at, depth + 1);
    return { kind: 'object', members, rest };
  }

  #member(property: ts.Symbol, at: ts.Node, depth: number): ShapeMember | undefined {
    const { declarations = [], name } = property;
    const [declared] = declarations;
    // Of a prototype, or a symbol: JSON does not see them.
    const isHidden =
      name.startsWith('__@') ||
      isPrivateName(declared) ||
      (declared !== undefined && ts.isAccessor(declared) && ts.isClassLike(declared.parent));
    if (isHidden) return undefined;
    const type = this.#checker.getTypeOfSymbolAtLocation(property, at);
    const shape = this.shapeOf(type, at, depth + 1);
    if (shape.kind === 'nothing') return undefined;
    const mayLack =
      type.isUnion() && type.types.some((one) => simpleShape(one)?.kind === 'nothing' || isFunction(one));
    return { name, shape, optional: mayLack || (property.flags & ts.SymbolFlags.Optional) !== 0 };
  }
}

function isPrivateName(declared: ts.Declaration | undefined): boolean {
  const name = declared && ts.getNameOfDeclaration(declared);
  return name !== undefined && ts.isPrivateIdentifier(name);
}

function isObject(type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.Object) !== 0;
}

function isFunction(type: ts.Type): boolean {
  return type.getCallSignatures().length > 0;
}

function isFreshLiteral(type: ts.Type): boolean {
  const [declared] = type.getSymbol()?.getDeclarations() ?? [];
  return declared !== undefined && ts.isObjectLiteralExpression(declared);
}

const { TypeFlags } = ts;

/** The shapes of types without parts; a bigint makes JSON.stringify throw. */
function simpleShape(type: ts.Type): Shape | undefined {
  const { flags } = type;
  if ((flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.BigIntLike)) !== 0) return unknownShape;
  if ((flags & (TypeFlags.VoidLike | TypeFlags.ESSymbolLike | TypeFlags.Never)) !== 0) return nothingShape;
  if ((flags & TypeFlags.Null) !== 0) return { kind: 'null' };
  if (type.isStringLiteral() || type.isNumberLiteral()) return { kind: 'literal', value: type.value };
  if ((flags & TypeFlags.BooleanLiteral) !== 0)
    return { kind: 'literal', value: (type as ts.Type & { intrinsicName: string }).intrinsicName === 'true' };
  if ((flags & TypeFlags.Union) !== 0) return undefined;
  if ((flags & TypeFlags.StringLike) !== 0) return { kind: 'string' };
  if ((flags & TypeFlags.NumberLike) !== 0) return { kind: 'number' };
  return (flags & TypeFlags.BooleanLike) !== 0 ? { kind: 'boolean' } : undefined;
}
