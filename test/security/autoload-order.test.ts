import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { askApps } from '../helpers/ask-apps.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';
import { runServiceTests } from '../helpers/run-service-tests.ts';

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
    ...{ '@fastify/env': '^5.0.0', '@fastify/jwt': '^10.0.0', ioredis: '^5.4.0' },
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

/** Stands in for the auth service and for billing, at an address that only the .env file of the service has. */
const stub = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  const isSecret = request.headers['x-service-secret'] === 'between-services';
  const user = isSecret ? { valid: true, userId: 'ada' } : { valid: false };
  response.end(JSON.stringify(request.url === '/auth/verify' ? user : [{ id: 'i-1' }]));
});
let origin = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${String((stub.address() as AddressInfo).port)}`;
});
afterAll(() => stub.close());

/** Reads its variables from a file; `redis.ts` and `settings.ts` come after all of ours by name. */
const reader = (): Readonly<Record<string, string>> => ({
  'package.json': '{ "name": "root", "private": true, "type": "module", "workspaces": ["svc", "billing"] }',
  'billing/package.json': JSON.stringify({
    name: 'billing',
    type: 'module',
    dependencies: { fastify: '^5.6.0' },
  }),
  'billing/tsconfig.json': files['tsconfig.json'],
  'billing/src/app.ts': `import Fastify, { type FastifyInstance } from 'fastify';
interface Invoice { id: string }
export function build(): FastifyInstance {
  const app = Fastify();
  app.get('/invoices', (): Invoice[] => [{ id: 'i-1' }]);
  return app;
}
`,
  'svc/package.json': manifest,
  'svc/vitest.config.ts': 'export default {};\n',
  'svc/tsconfig.json': files['tsconfig.json'],
  'svc/.env': `AUTH_SERVICE_URL=${origin}\nBILLING_SERVICE_URL=${origin}\nSERVICE_AUTH_SECRET=between-services\n`,
  'svc/src/app.ts': files['src/app.ts'].replace("'plugins') }", "'plugins'), ignorePattern: /example/ }"),
  'svc/src/plugins/redis.ts': files['src/plugins/redis.ts'],
  'svc/src/plugins/redis.example.ts': files['src/plugins/redis.ts'].replace("'cache'", "'never loaded'"),
  'svc/src/plugins/settings.ts': `import fastifyEnv from '@fastify/env';
import fp from 'fastify-plugin';
declare module 'fastify' {
  interface FastifyInstance {
    config: { PORT: number };
  }
}
const schema = { type: 'object', properties: { PORT: { type: 'number', default: 3000 } } };
export default fp(async (app) => {
  await app.register(fastifyEnv, { schema, dotenv: { path: join(import.meta.dirname, '../../.env'), override: true } });
}, { name: 'settings' });
`.replace('import fp', "import { join } from 'node:path';\nimport fp"),
  'svc/src/routes/songs.ts': `import type { FastifyInstance } from 'fastify';
export default async function songs(app: FastifyInstance): Promise<void> {
  app.get('/songs', async () => []);
}
`,
});

const authorized = { authorization: 'Bearer a.b.c' };

describe('B.9 in a folder that is loaded by file name', () => {
  const middleware = {
    generator: 'add-auth-middleware',
    args: ['--target', 'svc', '--auth', 'none', '--no-format'],
  };

  it('the auth middleware follows the configuration, whose file has the address of the auth service', async () => {
    const root = materialize(`${scope}/middleware`, { fixture: 'none', args: [], files: reader() });
    await runCommand({ ...middleware, args: [...middleware.args, '--protect', 'songs'] }, root);
    const text = readFileSync(join(root, 'svc/src/plugins/auth-middleware.ts'), 'utf8');
    expect(text).toContain("dependencies: ['settings']");
    const requests = [{ url: '/songs' }, { url: '/songs', headers: authorized }];
    const [answers] = await askApps(`${scope}/asked`, [{ file: join(root, 'svc/src/app.ts'), requests }]);
    expect(answers?.failure).toBeUndefined();
    expect(answers?.answers.map(({ status }) => status)).toEqual([401, 200]);
  });

  it('the auth middleware follows Redis, which tells it of revoked tokens', async () => {
    const files = Object.fromEntries(
      Object.entries(reader()).filter(([path]) => path !== 'svc/src/plugins/settings.ts'),
    );
    const root = materialize(`${scope}/revocation`, { fixture: 'none', args: [], files });
    await runCommand(
      { ...middleware, args: [...middleware.args, '--protect', 'all', '--cache-ttl', '10000'] },
      root,
    );
    await runCommand(
      { generator: 'add-s2s-revocation', args: ['--target', 'svc', '--auth', 'none', '--no-format'] },
      root,
    );
    const text = readFileSync(join(root, 'svc/src/plugins/auth-middleware.ts'), 'utf8');
    expect(text).toContain("dependencies: ['cache']");
    const [answers] = await askApps(`${scope}/asked`, [
      { file: join(root, 'svc/src/app.ts'), requests: [{ url: '/songs' }] },
    ]);
    expect(answers?.failure).toBeUndefined();
    expect(answers?.answers.map(({ status }) => status)).toEqual([401]);
    const tests = ['auth-middleware', 'route-guard', 'auth-cache', 'auth-revocation'].map(
      (name) => `test/${name}.test.ts`,
    );
    expect(await runServiceTests('vitest', join(root, 'svc'), tests, '')).toMatchObject({ failure: '' });
  });

  it('the rate limit follows Redis, where its buckets are', async () => {
    const root = materialize(`${scope}/limit`, { fixture: 'none', args: [], files: reader() });
    await runCommand({ generator: 'add-s2s-rate-limit', args: ['--target', 'svc', '--no-format'] }, root);
    const text = readFileSync(join(root, 'svc/src/plugins/rate-limit.ts'), 'utf8');
    expect(text).toContain("dependencies: ['cache']");
    const [answers] = await askApps(`${scope}/asked`, [
      { file: join(root, 'svc/src/app.ts'), requests: [{ url: '/songs' }] },
    ]);
    expect(answers?.failure).toBeUndefined();
    expect(answers?.answers[0]?.headers['ratelimit-remaining']).toBeDefined();
    expect(await runServiceTests('vitest', join(root, 'svc'), ['test/rate-limit.test.ts'], '')).toMatchObject(
      { failure: '' },
    );
  });

  it('a client of another service follows the configuration, whose file has its address', async () => {
    const songs = `import type { FastifyInstance } from 'fastify';
export default async function songs(app: FastifyInstance): Promise<void> {
  app.get('/songs', async () => (app as never as { billing: { getInvoices(): Promise<unknown> } }).billing.getInvoices());
}
`;
    const own = { ...reader(), 'svc/src/routes/songs.ts': songs };
    const root = materialize(`${scope}/call`, { fixture: 'none', args: [], files: own });
    await runCommand(
      { generator: 'add-service-call', args: ['--target', 'svc', '--to', 'billing', '--no-format'] },
      root,
    );
    const text = readFileSync(join(root, 'svc/src/plugins/billing-client.ts'), 'utf8');
    expect(text).toContain("dependencies: ['settings']");
    const [answers] = await askApps(`${scope}/asked`, [
      { file: join(root, 'svc/src/app.ts'), requests: [{ url: '/songs' }] },
    ]);
    expect(answers?.failure).toBeUndefined();
    expect(answers?.answers[0]).toMatchObject({ status: 200, body: '[{"id":"i-1"}]' });
  });
});
