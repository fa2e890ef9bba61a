import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { describe, expect, inject, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';
import { printApp } from './print-app.ts';
import { randomApp, type RandomApp } from './random-app.ts';

const count = process.env['S2S_DEEP'] === '1' ? 40 : 4;
const tsconfig = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
  },
  include: ['src', 'test'],
};

/** A service that a test can get at: the others listen by themselves. */
const importable = randomApp
  .filter(({ form }) => !['main', 'try', 'top level', 'class'].includes(form))
  .map((app): RandomApp => ({ ...app, signs: true }));

function write(root: string, app: RandomApp): void {
  rmSync(root, { recursive: true, force: true });
  const files = { ...printApp(app), 'tsconfig.json': JSON.stringify(tsconfig) };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

async function load(root: string): Promise<FastifyInstance> {
  const module = (await import(pathToFileURL(join(root, 'src/app.ts')).href)) as Record<string, unknown>;
  const build = module['build'] ?? module['default'];
  const made = typeof build === 'function' ? (build as () => unknown)() : Object.values(module)[0];
  const app = (await made) as FastifyInstance;
  await app.ready();
  return app;
}

describe('random services with the whole pack in them', () => {
  const samples = fc.sample(importable, { numRuns: count, seed: inject('seed') });

  it.each(samples.map((app, index) => ({ app, index })))(
    'compile, start and answer: $app.form, number $index',
    async ({ app, index }) => {
      const root = join(projectRoot, '.cases', `random-${String(index)}`);
      write(root, app);
      const args = ['--target', 'random-service', '--yes', '--allow-dirty'];
      await runCommand({ generator: 'add-auth-verify', args }, root);
      await runCommand({ generator: 'add-auth-middleware', args: [...args, '--protect', 'none'] }, root);
      expect(compileService(join(root, 'tsconfig.json'))).toEqual([]);

      const service = await load(root);
      const login = await service.inject({ method: 'POST', url: '/auth/login' });
      const { token } = login.json<{ token: string }>();
      const verify = await service.inject({ method: 'POST', url: '/auth/verify', payload: { token } });
      expect([verify.statusCode, verify.json()]).toEqual([
        200,
        { valid: true, userId: 'ada', email: 'ada@acme.test' },
      ]);
      expect(verify.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
      const refused = await service.inject({ method: 'POST', url: '/auth/verify', payload: { token: 'x' } });
      expect(refused.statusCode).toBe(401);
      expect(service).toHaveProperty('authServiceClient');
      await service.close();
    },
  );
});
