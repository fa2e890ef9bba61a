import { isRecord } from '../repo/manifest.ts';
import type { Insertion } from './s2s-record.ts';

/** As it is written: the text, `[replaced, text]`, or an object where it is one of many equal places. */
export function insertionJson({ place, replaced, text }: Insertion): unknown {
  if (place !== undefined) return { text, ...(replaced !== undefined && { replaced }), place };
  return replaced === undefined ? text : [replaced, text];
}

/** Undefined for what no generator writes. */
export function insertionIn(value: unknown): Insertion | undefined {
  if (typeof value === 'string') return fit({ text: value });
  if (Array.isArray(value)) {
    const [replaced, text] = value as readonly unknown[];
    const isPair = value.length === 2 && typeof replaced === 'string' && typeof text === 'string';
    return isPair ? fit({ text, replaced }) : undefined;
  }
  if (!isRecord(value)) return undefined;
  const { place, replaced, text } = value;
  if (typeof text !== 'string' || (replaced !== undefined && typeof replaced !== 'string')) return undefined;
  if (!Array.isArray(place) || place.length !== 2 || !place.every(isCount)) return undefined;
  const [index, count] = place as unknown as readonly [number, number];
  return index > count
    ? undefined
    : fit({ text, ...(replaced !== undefined && { replaced }), place: [index, count] });
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 10_000;
}

/** More than a generator puts into a place. */
const maxChars = 20_000;

/** Nothing is never put in. */
function fit(insertion: Insertion): Insertion | undefined {
  const chars = insertion.text.length + (insertion.replaced?.length ?? 0);
  return insertion.text === '' || chars > maxChars ? undefined : insertion;
}
