import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { measureNext, measureSize, withSizes } from '../../scripts/size.ts';
import { projectRoot } from '../helpers/project-root.ts';

it('shows how much is added to a workspace, and keeps its records small', async () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const sizes = await measureSize();
  const next = await measureNext();
  expect(readme, 'run npm run size').toBe(await withSizes(readme, sizes, next));
  const tests = sizes.reduce((all, { lines }) => all + lines.tests, 0);
  expect(tests).toBeLessThanOrEqual(900);
  expect(Object.values(next.lines).reduce((all, lines) => all + lines)).toBeLessThanOrEqual(60);
  for (const { lines, recordBytes, service } of sizes) {
    expect(lines.records, service).toBeLessThanOrEqual(40);
    expect(recordBytes, service).toBeLessThanOrEqual(3_000);
  }
});
