import type { Route } from '../../model/app-facts.ts';
import { isIdentifier, printKey, printString } from '../../syntax/print.ts';
import { ts } from '../../syntax/tree.ts';

/** What JSON carries of a value, by its type. `nothing`: no body at all; `named`: one of the types that go with it. */
export type Shape =
  | Readonly<{ kind: 'unknown' | 'null' | 'string' | 'number' | 'boolean' | 'nothing' }>
  | Readonly<{ kind: 'literal'; value: string | number | boolean }>
  | Readonly<{ kind: 'array'; of: Shape }>
  | Readonly<{ kind: 'object'; members: readonly ShapeMember[]; rest?: Shape }>
  | Readonly<{ kind: 'union'; of: readonly Shape[] }>
  | Readonly<{ kind: 'named'; name: string }>;

export type ShapeMember = Readonly<{ name: string; shape: Shape; optional: boolean }>;

/** Types that shapes name, by their names. */
export type NamedShapes = ReadonlyMap<string, Shape>;

export const unknownShape: Shape = { kind: 'unknown' };
export const nothingShape: Shape = { kind: 'nothing' };

/** The union of shapes, each once: literals go in what they are of, and everything in `unknown`; in an order of their own. */
export function unionOf(shapes: readonly Shape[]): Shape {
  const flat = shapes.flatMap((shape) => (shape.kind === 'union' ? shape.of : [shape]));
  if (flat.some(({ kind }) => kind === 'unknown')) return unknownShape;
  const kinds = new Set(flat.map(({ kind }) => kind));
  const unique = new Map(flat.map((shape) => [JSON.stringify(shape), shape]));
  const values = [true, false].map((value) => JSON.stringify({ kind: 'literal', value }));
  if (values.every((value) => unique.has(value))) {
    for (const value of values) unique.delete(value);
    unique.set('boolean', { kind: 'boolean' });
  }
  const kept = [...unique.values()].filter(
    (shape) => shape.kind !== 'literal' || !kinds.has(typeof shape.value as Shape['kind']),
  );
  const [first] = kept;
  if (first === undefined) return nothingShape;
  return kept.length === 1 ? first : { kind: 'union', of: kept.toSorted(byText) };
}

/** The checker orders a union by what it has met first; null comes last. */
function byText(a: Shape, b: Shape): number {
  if (a.kind === 'null' || b.kind === 'null') return Number(a.kind === 'null') - Number(b.kind === 'null');
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

/** The object behind a shape; undefined where there is none. */
export function objectShape(
  shape: Shape | undefined,
  types: NamedShapes,
): (Shape & { kind: 'object' }) | undefined {
  if (shape?.kind === 'named') return objectShape(types.get(shape.name), types);
  return shape?.kind === 'object' ? shape : undefined;
}

/** Whether some value in a shape is unknown; members that the type itself leaves open do not count. */
export function hasUnknown(
  shape: Shape | undefined,
  types: NamedShapes,
  seen: readonly string[] = [],
): boolean {
  switch (shape?.kind) {
    case 'unknown':
      return true;
    case 'array':
      return hasUnknown(shape.of, types, seen);
    case 'union':
      return shape.of.some((one) => hasUnknown(one, types, seen));
    case 'object':
      return shape.members.some((member) => hasUnknown(member.shape, types, seen));
    case 'named':
      return !seen.includes(shape.name) && hasUnknown(types.get(shape.name), types, [...seen, shape.name]);
    default:
      return false;
  }
}

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

/** What the code that has these types calls otherwise. */
const reserved: ReadonlySet<string> = new Set([
  'CallOptions',
  'Promise',
  'Record',
  'RouteClient',
  'ServiceClient',
  'ServiceClientError',
]);

/** The types that shapes name, each under a name of its own. */
export class TypeNames {
  readonly #shapes = new Map<string, Shape>();
  readonly #names = new Map<object, string>();

  get shapes(): NamedShapes {
    return this.#shapes;
  }

  /** A shape under a name that no other one has; what leads back to itself finds its name by `key`. */
  named(key: object, wanted: string, find: () => Shape): Shape {
    const known = this.#names.get(key);
    if (known !== undefined) return { kind: 'named', name: known };
    const name = this.#free(wanted);
    this.#names.set(key, name);
    this.#shapes.set(name, unknownShape);
    const shape = find();
    this.#shapes.set(name, shape);
    return this.#merged(key, name, wanted, shape);
  }

  /** Another type of that name, from another file, that is the same to the letter is the same. */
  #merged(key: object, name: string, wanted: string, shape: Shape): Shape {
    const text = JSON.stringify(shape);
    const same = [...this.#shapes].find(
      ([other, one]) =>
        other !== name && other.replace(/\d+$/, '') === wanted && JSON.stringify(one) === text,
    );
    if (same === undefined || text.includes(JSON.stringify(name))) return { kind: 'named', name };
    this.#shapes.delete(name);
    this.#names.set(key, same[0]);
    return { kind: 'named', name: same[0] };
  }

  #free(wanted: string): string {
    for (let index = 1; ; index += 1) {
      const name = index === 1 ? wanted : `${wanted}${String(index)}`;
      if (!this.#shapes.has(name) && !reserved.has(name)) return name;
    }
  }
}

/** The name that a type has in the callee's own code; undefined for anonymous, generic and installed ones. */
export function ownName(type: ts.Type): string | undefined {
  const { aliasSymbol, aliasTypeArguments } = type;
  const generic = (type as Partial<ts.TypeReference>).typeArguments?.length ?? 0;
  const symbol = aliasSymbol ?? (generic > 0 ? undefined : type.getSymbol());
  if (symbol === undefined || (aliasSymbol !== undefined && aliasTypeArguments !== undefined))
    return undefined;
  const [declared] = symbol.getDeclarations() ?? [];
  const isNamed =
    declared !== undefined &&
    (ts.isInterfaceDeclaration(declared) || ts.isTypeAliasDeclaration(declared) || ts.isClassLike(declared));
  if (!isNamed || !isIdentifier(symbol.name)) return undefined;
  const { fileName } = declared.getSourceFile();
  return /\/node_modules\/|^\/lib-of-typescript\//.test(fileName) ? undefined : symbol.name;
}

/** What a caller of a route sends and gets, as JSON. */
export interface TypedRoute {
  readonly route: Route;
  readonly operationId?: string;
  readonly params: Shape;
  readonly query: Shape;
  /** Undefined: the route takes no body. */
  readonly body: Shape | undefined;
  /** Of all 2xx. */
  readonly answer: Shape;
  /** Answers other than 2xx that the callee declares, by status. */
  readonly failures: readonly Readonly<{ status: number; shape: Shape }>[];
  /** It answers with text or a stream. */
  readonly isText?: boolean;
}

export function takesBody({ method }: Route): boolean {
  return /^(POST|PUT|PATCH)$/.test(method);
}
