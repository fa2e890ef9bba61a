import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { projectRoot } from '../../helpers/project-root.ts';

it('uses nothing in templates that the library of ES2020 does not declare', () => {
  const newer =
    /\.at\(|\.(?:toSorted|toReversed|toSpliced|findLast|findLastIndex|replaceAll)\(|Object\.hasOwn\(/;
  const folder = join(projectRoot, 'templates');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(?:ts|hbs)$/.test(path),
  );
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((path) => newer.test(readFileSync(join(folder, path), 'utf8')))).toEqual([]);
});
