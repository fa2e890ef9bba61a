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
