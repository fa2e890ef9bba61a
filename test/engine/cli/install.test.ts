import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { findGenerator } from '../../../generators/_engine/generator/registry.ts';
import { decide } from '../../../generators/_engine/cli/execute.ts';
import type { Outcome } from '../../../generators/_engine/cli/outcome.ts';

const manifest = JSON.stringify({ name: 'x', type: 'module', dependencies: { fastify: '^5.0.0' } });
const app = "import fastify from 'fastify';\n\nconst app = fastify();\n\nawait app.listen({ port: 3000 });\n";
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's2s-install-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A package manager that leaves a file where it is run, or fails in some folder. */
function stubNpm(failsIn: string): void {
  write('bin/npm', `#!/bin/sh\ncase "$PWD" in *${failsIn}) exit 7;; esac\necho "$@" > installed\n`);
  chmodSync(join(root, 'bin/npm'), 0o755);
  vi.stubEnv('PATH', `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`);
}

async function addTo(services: readonly string[], install: boolean): Promise<Outcome> {
  for (const service of services) {
    write(`${service}/package.json`, manifest.replace('"x"', JSON.stringify(service.replace('/', '-'))));
    write(`${service}/src/app.ts`, app);
    write(`${service}/tsconfig.json`, '{}');
  }
  const generator = await findGenerator('add-service-client');
  if (generator === undefined) throw new Error('no generator');
  const given = { target: services, format: false, allowDirty: true, install };
  const { commit, outcome } = await decide({ id: 'add-service-client', generator, given, root }, 's2s');
  return (await commit?.()) ?? outcome;
}

const pair = ['services/user', 'services/user-admin'];

it('installs each service where its own lockfile is', async () => {
  stubNpm('/nowhere');
  for (const service of pair) write(`${service}/package-lock.json`, '{}');
  expect(await addTo(pair, true)).toMatchObject({ status: 'applied', next: [] });
  for (const service of pair) expect(readFileSync(join(root, service, 'installed'), 'utf8')).toBe('i\n');
});

it('names the folder of each that is to be installed', async () => {
  write('services/user-admin/package-lock.json', '{}');
  write('services/user/pnpm-lock.yaml', '');
  const { next } = await addTo([...pair].reverse(), false);
  expect([...next].sort()).toEqual(['cd services/user && pnpm i', 'cd services/user-admin && npm i']);
});

it('installs a workspace once', async () => {
  stubNpm('/nowhere');
  write('package.json', JSON.stringify({ private: true, workspaces: ['services/*'] }));
  write('package-lock.json', '{}');
  expect(await addTo(pair, true)).toMatchObject({ status: 'applied' });
  expect(
    [root, ...pair.map((service) => join(root, service))].map((dir) => existsSync(join(dir, 'installed'))),
  ).toEqual([true, false, false]);
});

it('says which installation failed, and makes the others', async () => {
  stubNpm('services/user');
  for (const service of pair) write(`${service}/package-lock.json`, '{}');
  expect(await addTo(pair, true)).toMatchObject({
    status: 'failed',
    next: ['cd services/user && npm i'],
    notes: expect.arrayContaining([
      'cd services/user && npm i failed: run it again. The listed files were changed.',
    ]) as unknown,
  });
  expect(existsSync(join(root, 'services/user-admin/installed'))).toBe(true);
});

it('installs the projects of an integrated Nx workspace at its root', async () => {
  write('nx.json', '{}');
  write('package.json', manifest);
  for (const project of ['apps/user', 'apps/billing']) {
    write(`${project}/project.json`, '{}');
    write(`${project}/src/app.ts`, app);
    write(`${project}/tsconfig.json`, '{}');
  }
  const generator = await findGenerator('add-service-client');
  if (generator === undefined) throw new Error('no generator');
  const given = { target: ['@acme/user', 'billing'], format: false, allowDirty: true };
  const { commit } = await decide({ id: 'add-service-client', generator, given, root }, 's2s');
  const outcome = await commit?.();
  expect(outcome).toMatchObject({ status: 'applied', next: ['npm i'] });
  expect(outcome?.targets.map((one) => one.root)).toEqual(['apps/user', 'apps/billing']);
  expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain('"undici"');
});
