import { findNodeAtLocation, parseTree } from 'jsonc-parser';

import type { TextChange } from '../model/text-change.ts';

/** An item in front of a list, spaced as the others are. */
export function prepended(base: string, place: readonly string[], item: string): readonly TextChange[] {
  const root = parseTree(base);
  const list = root === undefined ? undefined : findNodeAtLocation(root, [...place]);
  const first = list?.children?.[0];
  if (list === undefined || first === undefined) return [];
  const gap = base.slice(list.offset + 1, first.offset);
  return [{ start: first.offset, end: first.offset, text: `${item},${gap === '' ? ' ' : gap}` }];
}
