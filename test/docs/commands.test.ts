import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { projectRoot } from '../helpers/project-root.ts';
import { documents } from './documents.ts';

const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const workflows = ['.github/workflows/ci.yml', '.github/workflows/release.yml', '.ci/run'];

const scriptsTold = (path: string): readonly string[] => {
  const text = readFileSync(join(projectRoot, path), 'utf8');
  return [...text.matchAll(/npm run ([\w:]+)/gu)].map(([, name = '']) => name);
};

// What a fixture tells is about its own scripts.
it.each([...documents().filter((path) => !path.startsWith('fixtures/')), ...workflows])(
  '%s tells to run scripts that are there',
  (path) => {
    expect(scriptsTold(path).filter((name) => !(name in scripts))).toEqual([]);
  },
);

it('runs in `npm run check` all that the workflow runs', () => {
  const ci = readFileSync(join(projectRoot, '.github/workflows/ci.yml'), 'utf8');
  // What it installs of the system, `npm test` installs by itself where it may.
  const steps = [...ci.matchAll(/- run: (?!sudo apt-get )(.+)/gu)].map(([, command]) => command);
  expect([...new Set(steps)]).toEqual(['npm ci', 'npm run check', 'npm run test:deep']);
  for (const part of ['format:check', 'lint', 'typecheck', 'knip', 'npm test']) {
    expect(scripts['check']).toContain(part);
  }
});
