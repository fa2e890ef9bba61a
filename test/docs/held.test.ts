import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { projectRoot } from '../helpers/project-root.ts';

it('names tests that exist, and nothing without one', () => {
  const page = readFileSync(join(projectRoot, 'docs/held.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:what|-)/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const named = [...row.matchAll(/`([\w/-]+)`: (.*?)(?=<br>| +\|$)/g)];
    expect(named.length, row).toBeGreaterThan(0);
    for (const [, file = '', name = ''] of named) {
      const paths = [`test/${file}.test.ts`, `test/${file}.ts`].map((path) => join(projectRoot, path));
      const found = paths.find((path) => existsSync(path));
      expect(found, file).toBeDefined();
      expect(readFileSync(found ?? '', 'utf8'), file).toContain(name);
    }
  }
});
