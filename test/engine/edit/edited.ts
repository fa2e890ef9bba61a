import { expect } from 'vitest';

import type { Style } from '../../../generators/_engine/model/code-facts.ts';
import { applyChanges, type TextChange } from '../../../generators/_engine/model/text-change.ts';
import { proveEdit } from '../../../generators/_engine/plan/prove.ts';

export const style: Style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
};

/** Applies an edit, proves it, and makes sure that a second run has nothing to do. */
export function edited(base: string, path: string, ensure: (text: string) => readonly TextChange[]): string {
  const changes = ensure(base);
  const next = applyChanges(base, changes);
  expect(proveEdit(path, base, next, changes)).toBe(undefined);
  expect(ensure(next)).toEqual([]);
  return next;
}
