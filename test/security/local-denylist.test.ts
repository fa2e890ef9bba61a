import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { runCommand } from '../helpers/run-command.ts';

// From login to a second service that verifies tokens itself, and hears of each logout by the log in Redis.
const folder = '.security-local-denylist';
const environment = { ...process.env };
const apps: FastifyInstance[] = [];
let redis: RedisServer;
let auth: FastifyInstance;
let user: FastifyInstance;
let origin = '';

beforeAll(async () => {
  redis = await startRedis();
  Object.assign(process.env, {
    REDIS_URL: redis.url,
    JWT_SECRET: 'a-secret-of-at-least-thirty-two-bytes',
  });
  const root = materialize(folder, { fixture: 'npm-workspaces', args: [] });
  const run = (generator: string, args: readonly string[]): Promise<unknown> =>
    runCommand({ generator, args: [...args, '--no-format'] }, root);
  const keys = ['--keys', 'es256', '--blacklist', 'redis'];
  await run('add-auth-verify', keys);
  await run('add-auth-verify', [...keys, '--sign', 'keys']);
  await run('add-auth-middleware', [
    ...['--target', 'user', '--protect', 'usersRoutes', '--verify', 'local'],
    ...['--jwks', 'http://localhost:3001/.well-known/jwks.json'],
    ...['--issuer', 'auth-service', '--audience', 'services'],
  ]);
  await run('add-s2s-revocation', ['--target', 'user']);
  const start = async (service: string): Promise<FastifyInstance> => {
    const { buildApp } = (await import(join(root, `services/${service}/src/app.ts`))) as {
      buildApp: (options: object) => Promise<FastifyInstance>;
    };
    const app = await buildApp({ logger: false });
    apps.push(app);
    return app;
  };
  auth = await start('auth-service');
  origin = await auth.listen({ port: 0, host: '127.0.0.1' });
  process.env['AUTH_SERVICE_URL'] = origin;
  user = await start('user-service');
});

afterAll(async () => {
  redis.process.kill('SIGCONT');
  await Promise.all(apps.map((app) => app.close()));
  await redis.stop();
  for (const name of ['AUTH_SERVICE_URL', 'REDIS_URL', 'JWT_SECRET'])
    Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
  rmSync(join(projectRoot, '.cases', folder), { recursive: true, force: true });
});

async function login(): Promise<string> {
  const payload = { email: 'ada@acme.test', password: 'correct horse battery staple' };
  // Two logins of one second are the same token.
  await sleep(1_000);
  return (await auth.inject({ method: 'POST', url: '/auth/login', payload })).json<{ token: string }>().token;
}

const bearer = (token: string): object => ({ headers: { authorization: `Bearer ${token}` } });
const statusOf = async (token: string): Promise<number> =>
  (await user.inject({ url: '/users', ...bearer(token) })).statusCode;

async function until(token: string, status: number, limitMs = 15_000): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while ((await statusOf(token)) !== status && performance.now() < giveUpAt) await sleep(5);
  expect(await statusOf(token)).toBe(status);
}

describe('a service that verifies tokens itself', () => {
  it('refuses a token after its logout, remembered or not, and no other', async () => {
    const [token, other, unseen] = [await login(), await login(), await login()];
    await until(token, 200);
    await until(other, 200);
    for (const one of [token, unseen])
      await auth.inject({ method: 'POST', url: '/auth/logout', ...bearer(one) });
    await until(token, 401);
    expect([await statusOf(unseen), await statusOf(other)]).toEqual([401, 200]);
  });

  it('lets nobody in after 5 s without word of Redis, and everybody when it is back', async () => {
    const token = await login();
    await until(token, 200);
    redis.process.kill('SIGSTOP');
    expect(await statusOf(token)).toBe(200);
    await until(token, 503);
    redis.process.kill('SIGCONT');
    await until(token, 200);
  });

  it('lives without the auth service', async () => {
    const [token, unseen] = [await login(), await login()];
    await until(token, 200);
    await auth.close();
    expect([await statusOf(token), await statusOf(unseen)]).toEqual([200, 200]);
  });
});
