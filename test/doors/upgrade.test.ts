import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';

import { builtOlderPack } from '../helpers/built-older-pack.ts';
import { run, runBin } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';

const name = 'doors-upgrade';
const { older, today: pack } = await builtOlderPack('verified-tokens-only');
afterAll(() => {
  for (const folder of [join(projectRoot, '.cases', name), join(older, '..'), join(pack, '..')])
    rmSync(folder, { recursive: true, force: true });
});

it('ends with exit code 4 and a list where both sides changed the same lines', async () => {
  const add = ['add-auth-verify', '--target', 'auth', '--no-format'];
  const path = 'services/auth-service/src/utils/token-blacklist.ts';
  const today = await openRepoCopy(name, 'npm-workspaces');
  expect((await runBin(today, ...add)).exitCode).toBe(0);
  const theirs = readFileSync(join(today, path), 'utf8').split('\n');
  const root = await openRepoCopy(name, 'npm-workspaces');
  expect((await run(root, [join(older, 'cli.js'), ...add])).exitCode).toBe(0);
  const text = readFileSync(join(root, path), 'utf8');
  const both = text.split('\n').find((line) => line.trim() !== '' && !theirs.includes(line)) ?? '';
  writeFileSync(join(root, path), text.replace(both, `${both} // mine`));
  const upgrade = ['s2s-upgrade', '--json', '--allow-dirty', '--no-format'];
  const upgraded = await run(root, [join(pack, 'cli.js'), ...upgrade]);
  expect(JSON.parse(upgraded.stdout)).toMatchObject({
    status: 'conflicts',
    findings: [{ state: 'conflict', path }],
  });
  expect(upgraded.exitCode).toBe(4);
  expect(readFileSync(join(root, path), 'utf8')).toContain('<<<<<<< yours');
});
