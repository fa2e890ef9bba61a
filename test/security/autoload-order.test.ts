import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';

import { askApps } from '../helpers/ask-apps.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';

const scope = 'security-autoload-order';
afterAll(() => {
  rmSync(join(projectRoot, '.cases', scope), { recursive: true, force: true });
});

const manifest = JSON.stringify({
  name: 'svc',
  type: 'module',
  scripts: { start: 'node dist/app.js' },
  dependencies: {
    ...{ fastify: '^5.6.0', 'fastify-plugin': '^5.0.1', '@fastify/autoload': '^6.0.0' },
    ...{ '@fastify/jwt': '^10.0.0', ioredis: '^5.4.0' },
  },
  devDependencies: { typescript: '^5.9.0', vitest: '^4.0.0' },
});

/** Plugins whose files come after ours: what ours reads is not there yet when it is loaded by file name. */
const files = {
  'package.json': manifest,
  'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "strict": true } }',
  'src/plugins/redis.ts': `import { Redis } from 'ioredis';
import fp from 'fastify-plugin';
declare module 'fastify' {
  interface FastifyInstance {
    redis: Redis;
  }
}
export default fp(async (app) => {
  const redis = new Redis({ lazyConnect: true });
  app.decorate('redis', redis);
  app.addHook('onClose', async () => redis.disconnect());
}, { name: 'cache' });
`,
  'src/plugins/tokens.ts': `import jwt from '@fastify/jwt';
import fp from 'fastify-plugin';
export default fp(async (app) => {
  await app.register(jwt, { secret: process.env.JWT_SECRET ?? 'a secret of thirty-two characters' });
}, { name: 'tokens' });
`,
  'src/routes/login.ts': `import type { FastifyInstance } from 'fastify';
export default async function login(app: FastifyInstance): Promise<void> {
  app.post('/login', async () => ({ token: app.jwt.sign({ sub: 'ada' }) }));
}
`,
  'src/app.ts': `import { join } from 'node:path';
import autoload from '@fastify/autoload';
import Fastify, { type FastifyInstance } from 'fastify';

export async function build(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(autoload, { dir: join(import.meta.dirname, 'plugins') });
  await app.register(autoload, { dir: join(import.meta.dirname, 'routes') });
  return app;
}
`,
};

it('B.9 an autoloaded plugin of ours follows the plugins that it reads from, whatever their files are called', async () => {
  const root = materialize(`${scope}/verify`, { fixture: 'none', args: [], files });
  await runCommand({ generator: 'add-auth-verify', args: ['--target', 'svc', '--no-format'] }, root);
  const text = readFileSync(join(root, 'src/plugins/auth-verify.ts'), 'utf8');
  expect(text).toContain("dependencies: ['cache', 'tokens']");
  const test = readFileSync(join(root, 'test/auth-verify.test.ts'), 'utf8');
  expect(test).toContain("{ name: 'cache' }");
  const requests = [
    { method: 'POST', url: '/auth/verify', payload: { token: 'a.b.c' } },
    { method: 'POST', url: '/login' },
  ];
  const [answers] = await askApps(`${scope}/asked`, [{ file: join(root, 'src/app.ts'), requests }]);
  expect(answers?.failure).toBeUndefined();
  expect(answers?.answers.map(({ status }) => status)).toEqual([401, 200]);
});
