import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { recover } from '../../generators/_engine/journal.ts';

/** A run that kills itself before the n-th file operation of an apply. */
const program = (killAt: number): string => `
import { apply } from './generators/_engine/apply.ts';
import { nodeFiles } from './generators/_engine/file-operations.ts';
let count = 0;
const files = Object.fromEntries(Object.entries(nodeFiles).map(([name, operation]) => [name, (...args) => {
  count += 1;
  if (count === ${String(killAt)}) process.kill(process.pid, 'SIGKILL');
  return operation(...args);
}]));
await apply(JSON.parse(process.env.PLAN), process.env.ROOT, { files });
`;

const plan = {
  ok: true,
  notes: [],
  edits: [
    { kind: 'create', path: 'src/new.ts', role: 'service-client', text: 'new\n' },
    {
      kind: 'patch',
      path: 'kept.ts',
      role: 'registration',
      base: 'a\n',
      changes: [{ start: 0, end: 0, text: 'b\n' }],
    },
    { kind: 'delete', path: 'gone.ts', role: 'unit-test', base: 'gone' },
  ],
};
const before = { 'kept.ts': 'a\n', 'gone.ts': 'gone' };
const after = { 'kept.ts': 'b\na\n', 'src/new.ts': 'new\n' };

let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 's2s-kill-')));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function reset(): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
  for (const [name, text] of Object.entries(before)) writeFileSync(join(root, name), text);
}

function tree(): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]));
}

describe('an apply that is killed', () => {
  it(
    'leaves a tree that recovers to before or after, at whichever operation',
    { timeout: 120_000 },
    async () => {
      let killed = true;
      const outcomes: string[] = [];
      for (let killAt = 1; killed; killAt += 1) {
        reset();
        const run = await execa(
          process.execPath,
          ['--import', 'tsx', '--input-type=module', '-e', program(killAt)],
          {
            env: { PLAN: JSON.stringify(plan), ROOT: root },
            reject: false,
          },
        );
        killed = run.signal === 'SIGKILL';
        expect(killed || run.exitCode === 0, run.stderr).toBe(true);
        recover(root);
        const left = tree();
        const isBefore =
          JSON.stringify(left) === JSON.stringify(Object.fromEntries(Object.entries(before).sort()));
        if (isBefore)
          expect(readdirSync(root).sort(), `killed at ${String(killAt)}`).toEqual(['gone.ts', 'kept.ts']);
        else expect(left, `killed at ${String(killAt)}`).toEqual(after);
        outcomes.push(isBefore ? 'before' : 'after');
      }
      expect(outcomes.length).toBeGreaterThan(10);
      expect(outcomes.at(0)).toBe('before');
      expect(outcomes.at(-1)).toBe('after');
    },
  );
});
