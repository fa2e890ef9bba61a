import { expect } from 'vitest';

import type { Obstacle, Style, TextChange } from '../../../generators/_engine/contract.ts';
import { isObstacle } from '../../../generators/_engine/obstacle.ts';
import { proveEdit } from '../../../generators/_engine/prove.ts';
import { applyChanges } from '../../../generators/_engine/text-change.ts';

export const style: Style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
};

/** Applies an edit, proves it, and makes sure that a second run has nothing to do. */
export function edited(
  base: string,
  path: string,
  ensure: (text: string) => readonly TextChange[] | Obstacle,
): string {
  const changes = ensure(base);
  if (isObstacle(changes)) throw new Error(changes.message);
  const next = applyChanges(base, changes);
  expect(proveEdit(path, base, next, changes)).toBe(undefined);
  expect(ensure(next)).toEqual([]);
  return next;
}
