import { rmSync } from 'node:fs';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';

const folder = '.security-key-steps';
const keys = ['--keys', 'es256', '--blacklist', 'memory'];
const local = [
  ...['--target', 'user', '--protect', 'usersRoutes', '--verify', 'local'],
  ...['--jwks', 'http://localhost:3001/.well-known/jwks.json'],
  ...['--issuer', 'auth-service', '--audience', 'services'],
];
const apps: FastifyInstance[] = [];

/** A fixture with an auth service and a consumer, after commands; the consumer knows the address of the auth service. */
interface World {
  readonly plans: readonly Plan[];
  readonly auth: FastifyInstance;
  readonly origin: string;
  readonly login: () => Promise<string>;
  readonly verify: (token: string) => Promise<number>;
  /** The status of a guarded route of the user service. */
  readonly users: (token: string) => Promise<number>;
}

async function start(name: string, steps: readonly (readonly string[])[]): Promise<World> {
  const root = materialize(join(folder, name), { fixture: 'npm-workspaces', args: [] });
  const plans: Plan[] = [];
  for (const args of steps) plans.push(await runCommand({ generator: 'add-auth-verify', args }, root));
  plans.push(await runCommand({ generator: 'add-auth-middleware', args: local }, root));
  const auth = await appOf(root, 'auth-service');
  const origin = await auth.listen({ port: 0, host: '127.0.0.1' });
  process.env['AUTH_SERVICE_URL'] = origin;
  const user = await (await appOf(root, 'user-service')).listen({ port: 0, host: '127.0.0.1' });
  const credentials = { email: 'ada@acme.test', password: 'correct horse battery staple' };
  return {
    plans,
    auth,
    origin,
    login: async () =>
      ((await (await post(`${origin}/auth/login`, credentials)).json()) as { token: string }).token,
    verify: async (token) => (await post(`${origin}/auth/verify`, { token })).status,
    users: async (token) =>
      (await fetch(`${user}/users`, { headers: { authorization: `Bearer ${token}` } })).status,
  };
}

async function appOf(root: string, service: string): Promise<FastifyInstance> {
  const module = (await import(join(root, `services/${service}/src/app.ts`))) as {
    buildApp: (options: object) => Promise<FastifyInstance>;
  };
  const app = await module.buildApp({ logger: false });
  apps.push(app);
  return app;
}

function post(url: string, body: object, headers: object = {}): Promise<Response> {
  const type = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) });
}

const algOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { alg: unknown }).alg;

const environment = { ...process.env };
beforeAll(() => {
  Object.assign(process.env, { REDIS_URL: '', JWT_SECRET: 'a-secret-of-at-least-thirty-two-bytes' });
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  for (const name of ['AUTH_SERVICE_URL', 'REDIS_URL', 'JWT_SECRET'])
    Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
  rmSync(join(projectRoot, '.cases', folder), { recursive: true, force: true });
});

describe('from a secret to keys', () => {
  it('signs as before in the first step, and says what comes next', async () => {
    const { login, plans, users, verify } = await start('one', [keys]);
    const token = await login();

    expect(algOf(token)).toBe('HS256');
    expect([await verify(token), await users(token)]).toEqual([200, 401]);
    const notes = plans[0]?.notes.join('\n') ?? '';
    expect(notes).toContain('Step 1 of 2');
    expect(notes).toContain('s2s add-auth-verify --target services/auth-service --keys es256 --sign keys');
    expect(notes).toContain('--issuer auth-service --audience services');
  });

  it('signs with the key in the second step: services verify it themselves, and outlive the auth service', async () => {
    const { auth, login, origin, users, verify } = await start('two', [keys, [...keys, '--sign', 'keys']]);
    const [token, later] = [await login(), await login()];

    expect(algOf(token)).toBe('ES256');
    expect([await verify(token), await users(token)]).toEqual([200, 200]);
    await post(`${origin}/auth/logout`, {}, { authorization: `Bearer ${token}` });
    expect([await verify(token), await users(token)]).toEqual([401, 200]);
    await auth.close();
    expect(await users(later)).toBe(200);
  });

  it('keeps the keys in a later run that does not name them', async () => {
    const root = materialize(join(folder, 'three'), { fixture: 'npm-workspaces', args: [] });
    await runCommand({ generator: 'add-auth-verify', args: keys }, root);
    const plan = await planCommand({ generator: 'add-auth-verify', args: ['--blacklist', 'memory'] }, root);
    const whole = await planCommand(
      {
        generator: 'add-s2s',
        args: ['--target', 'user', '--protect', 'usersRoutes', '--blacklist', 'memory'],
      },
      root,
    );

    const edited = [plan, whole].flatMap((one) => (one.ok ? one.edits.map(({ path }) => path) : ['refused']));
    expect(edited.filter((path) => /auth-verify|signing-keys|refused/.test(path))).toEqual([]);
  });
});
