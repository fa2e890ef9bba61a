import { describe, expect, it } from 'vitest';

import { exitCodeOf, refused } from '../../../generators/_engine/cli/outcome.ts';
import type { Obstacle, ObstacleCode } from '../../../generators/_engine/model/obstacle.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const repo = memoryRepo({ 'app.ts': 'one\ntwo\nthree\nfour\n', '.env': 'SECRET=1\n' });
const start = { generator: 'add-s2s', command: 's2s add-s2s' };
const at = (path: string, line?: number): Obstacle => ({
  code: 'E_SYNTAX',
  at: { path, ...(line !== undefined && { line }) },
  message: 'No.',
  remedy: 'Mend it.',
});

describe('the outcome of a refusal', () => {
  it('shows the code around a place', () => {
    const { obstacles } = refused(start, [at('app.ts', 2)], repo);
    expect(obstacles[0]).toMatchObject({ path: 'app.ts', line: 2 });
    expect(obstacles[0]?.frame).toBe('  1 | one\n> 2 | two\n  3 | three\n  4 | four');
  });

  it.each([at('.env', 1), at('app.ts'), at('app.ts', 9), at('gone.ts', 1)])(
    'shows none where there is none, or where it is nobody’s business: %j',
    (obstacle) => {
      expect(refused(start, [obstacle], repo).obstacles[0]).not.toHaveProperty('frame');
    },
  );

  it.each<[ObstacleCode, number]>([
    ['E_UNKNOWN_FLAG', 2],
    ['E_LOCKED', 3],
  ])('of %s ends with %i', (code, exitCode) => {
    expect(exitCodeOf(refused(start, [{ code, message: 'No.', remedy: 'Mend it.' }]))).toBe(exitCode);
  });
});
