import { expect, it } from 'vitest';

import { testKitImport } from '../../../generators/_engine/edit/test-kit.ts';
import type { LayoutFact } from '../../../generators/_engine/model/code-facts.ts';
import type { RelPath } from '../../../generators/_engine/model/paths.ts';

it.each([
  ['folder', 'a/test', 'a/test/test-kit.ts'],
  ['folder', 'a/tests/unit', 'a/tests/unit/test-kit.ts'],
  ['folder', 'a/src/__tests__', 'a/src/test/test-kit.ts'],
  ['nested', 'a/src/__tests__', 'a/src/test/test-kit.ts'],
  ['nested', 'a/src/test', 'a/src/test/test-kit.ts'],
  ['beside', 'a/src', 'a/src/test/test-kit.ts'],
] as const)('puts the test kit of tests %s %s into %s', (place, dir, path) => {
  const layout = { tests: { place, dir: dir as RelPath, suffix: '.test' } } as LayoutFact;
  expect(testKitImport({ layout }, 'a/x.test.ts' as RelPath, 'json')).toEqual({
    from: path,
    names: ['json'],
  });
});
