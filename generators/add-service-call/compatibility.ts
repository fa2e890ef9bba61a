import type { NamedShapes, Shape } from '../_engine/facts/route-types/shape.ts';

/** A shape with the types that it names. */
export interface Side {
  readonly shape: Shape;
  readonly types: NamedShapes;
}

/** Why a value cannot stand where another one is expected. */
export interface Incompatibility {
  /** `invoices[].id`; '' for the whole. */
  readonly field: string;
  readonly reason: 'gone' | 'optional' | 'type' | 'required';
}

/**
 * What keeps values of one shape from being used as another. `answers`: a field that nobody sends any more is gone, also
 * where it was optional; else a field that the other side requires is `required`. What is unknown fits.
 */
export function incompatibilities(from: Side, to: Side, answers: boolean): readonly Incompatibility[] {
  return compare(from, to, { answers, seen: new Set() }, '');
}

interface Comparison {
  readonly answers: boolean;
  /** Pairs of named types that are being compared. */
  readonly seen: Set<string>;
}

function compare(from: Side, to: Side, about: Comparison, field: string): readonly Incompatibility[] {
  const names = [from, to].map(({ shape }) => (shape.kind === 'named' ? shape.name : ''));
  if (names.some((name) => name !== '')) {
    const pair = names.join(' ');
    if (about.seen.has(pair)) return [];
    about.seen.add(pair);
    const found = compare(resolved(from), resolved(to), about, field);
    about.seen.delete(pair);
    return found;
  }
  const [a, b] = [from.shape, to.shape];
  if (a.kind === 'unknown' || b.kind === 'unknown') return [];
  if (a.kind === 'union')
    return a.of.flatMap((shape) => compare({ ...from, shape }, to, about, field)).slice(0, 1);
  if (b.kind === 'union') {
    const all = b.of.map((shape) => compare(from, { ...to, shape }, about, field));
    return all.find((found) => found.length === 0) ?? nearest(all);
  }
  return compareParts(a, b, from, to, about, field);
}

/** Of the parts of a union the one that lacks least. */
function nearest(all: readonly (readonly Incompatibility[])[]): readonly Incompatibility[] {
  return all.toSorted((x, y) => x.length - y.length)[0] ?? [];
}

function resolved(side: Side): Side {
  const { shape, types } = side;
  return shape.kind === 'named' ? { types, shape: types.get(shape.name) ?? { kind: 'unknown' } } : side;
}

function compareParts(
  a: Shape,
  b: Shape,
  from: Side,
  to: Side,
  about: Comparison,
  field: string,
): readonly Incompatibility[] {
  if (a.kind === 'array' && b.kind === 'array')
    return compare({ ...from, shape: a.of }, { ...to, shape: b.of }, about, `${field}[]`);
  if (a.kind === 'object' && b.kind === 'object') return compareMembers(a, b, from, to, about, field);
  if (a.kind === 'literal')
    return (b.kind === 'literal' && b.value === a.value) || b.kind === typeof a.value
      ? []
      : [{ field, reason: 'type' }];
  return a.kind === b.kind ? [] : [{ field, reason: 'type' }];
}

type ObjectShape = Shape & { kind: 'object' };

function compareMembers(
  a: ObjectShape,
  b: ObjectShape,
  from: Side,
  to: Side,
  about: Comparison,
  field: string,
): readonly Incompatibility[] {
  return b.members.flatMap(({ name, optional, shape }) => {
    const below = field === '' ? name : `${field}.${name}`;
    const own = a.members.find((member) => member.name === name);
    if (own === undefined) {
      if (a.rest !== undefined || (optional && !about.answers)) return [];
      return [{ field: below, reason: about.answers ? 'gone' : 'required' }];
    }
    if (own.optional && !optional) return [{ field: below, reason: about.answers ? 'optional' : 'required' }];
    return compare({ ...from, shape: own.shape }, { ...to, shape }, about, below);
  });
}
