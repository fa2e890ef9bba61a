import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect, it } from 'vitest';

import { findReleased, loadReleased } from '../../generators/_engine/plan/released.ts';
import { renderRecorded } from '../../generators/_engine/plan/render-run.ts';
import { freezePack } from '../../scripts/freeze.ts';
import { fixtures } from '../helpers/fixtures.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { type Hashes, hashesOnFixtures } from '../helpers/released-hashes.ts';
import { isDeep } from '../helpers/sampled.ts';

const names = isDeep ? Object.keys(fixtures) : ['npm-workspaces', 'plain-folders', 'singleton-zod'];
const folder = join(projectRoot, 'released');
const released = existsSync(folder) ? readdirSync(folder) : [];

it('renders with a frozen version what its source renders', { timeout: 600_000 }, async () => {
  const temporary = mkdtempSync(join(tmpdir(), 's2s-released-'));
  try {
    const path = await freezePack(projectRoot, temporary);
    const frozen = await hashesOnFixtures(loadReleased(pathToFileURL(path)).renderRecorded, names);
    expect(frozen).toEqual(await hashesOnFixtures(renderRecorded, names));
    expect(Object.keys(frozen['npm-workspaces'] ?? {}).length).toBeGreaterThan(10);
  } finally {
    rmSync(temporary, { recursive: true });
  }
});

it(
  'renders with every released version what it rendered when it was released',
  { timeout: 3_600_000 },
  async () => {
    for (const file of released) {
      const version = basename(file, '.cjs.br');
      const path = join(projectRoot, 'test/released', `${version}.json`);
      const known = JSON.parse(readFileSync(path, 'utf8')) as Hashes;
      const { renderRecorded: render } = loadReleased(pathToFileURL(join(folder, file)));
      const wanted = Object.fromEntries(names.map((name) => [name, known[name]]));
      expect(await hashesOnFixtures(render, names), version).toEqual(wanted);
    }
  },
);

it.each(['../0.1.0', '0.1', '', '/etc/passwd', '9.9.9'])('carries no version %j', (version) => {
  expect(findReleased(version)).toBeUndefined();
});
