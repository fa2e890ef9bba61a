import { describe, expect, it } from 'vitest';

import { isWithin } from '../../../generators/_engine/repo/disk.ts';

describe('isWithin', () => {
  it.each([
    ['/repo', '/repo', true],
    ['/repo', '/repo/src/app.ts', true],
    ['/', '/repo', true],
    ['/repo', '/repo-of-others/app.ts', false],
    ['/repo/src', '/repo', false],
  ])('%s holds %s: %s', (folder, path, expected) => {
    expect(isWithin(folder, path)).toBe(expected);
  });
});
