import { rmSync } from 'node:fs';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import type { Case, Command } from '../helpers/case.ts';
import { manifestOf, onFastify4 } from './purpose-services.ts';
import { openServices } from './token-services.ts';

type Files = NonNullable<Case['files']>;

const folder = '.security-key-steps';
const keys = ['--keys', 'es256', '--blacklist', 'memory'];
const local = [
  ...['--verify', 'local', '--jwks', 'http://localhost:3001/.well-known/jwks.json'],
  ...['--issuer', 'auth-service', '--audience', 'services'],
];
const localUser = ['--target', 'user', '--protect', 'usersRoutes', ...local];
const secondHop = [
  {
    generator: 'add-auth-middleware',
    args: ['--target', 'billing', '--protect', 'invoicesRoutes', ...local],
  },
  { generator: 'add-service-call', args: ['--target', 'user', '--to', 'billing'] },
];
const withSecondHop = (text: string): string =>
  text.replace(/\n\}\n$/, "\n  app.get('/invoices', async () => app.billing.getInvoices());\n}\n");
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
  /** What a guarded route of the user service answers with what a guarded route of the billing service answers. */
  readonly invoices: (token: string) => Promise<unknown>;
}

async function start(
  name: string,
  steps: readonly (readonly string[])[],
  more: readonly Command[] = [],
): Promise<World> {
  const files = { 'services/user-service/src/routes/users.routes.ts': withSecondHop };
  const root = materialize(join(folder, name), { fixture: 'npm-workspaces', args: [], files });
  const plans: Plan[] = [];
  const run = ({ args, generator }: Command): Promise<Plan> =>
    runCommand({ generator, args: [...args, '--no-format'] }, root);
  for (const args of steps) plans.push(await run({ generator: 'add-auth-verify', args }));
  plans.push(await run({ generator: 'add-auth-middleware', args: localUser }));
  for (const command of more) await run(command);
  const auth = await appOf(root, 'auth-service');
  const origin = await auth.listen({ port: 0, host: '127.0.0.1' });
  process.env['AUTH_SERVICE_URL'] = origin;
  const serve = async (name: string): Promise<string> =>
    (await appOf(root, name)).listen({ port: 0, host: '127.0.0.1' });
  process.env['BILLING_SERVICE_URL'] = await serve('billing-service');
  const user = await serve('user-service');
  const get = async (path: string, token: string): Promise<Response> =>
    fetch(`${user}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const credentials = { email: 'ada@acme.test', password: 'correct horse battery staple' };
  return {
    plans,
    auth,
    origin,
    login: async () =>
      ((await (await post(`${origin}/auth/login`, credentials)).json()) as { token: string }).token,
    verify: async (token) => (await post(`${origin}/auth/verify`, { token })).status,
    users: async (token) => (await get('/users', token)).status,
    invoices: async (token) => (await get('/users/invoices', token)).json(),
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
  for (const name of ['AUTH_SERVICE_URL', 'BILLING_SERVICE_URL', 'REDIS_URL', 'JWT_SECRET'])
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

  it('signs with the key in the second step: two services in a row verify it themselves, and outlive the auth service', async () => {
    const steps = [keys, [...keys, '--sign', 'keys']];
    const { auth, invoices, login, origin, users, verify } = await start('two', steps, secondHop);
    const [token, later] = [await login(), await login()];

    expect(algOf(token)).toBe('ES256');
    expect([await verify(token), await users(token)]).toEqual([200, 200]);
    const found = { invoices: [{ tenantId: 'acme' }, { tenantId: 'globex' }] };
    expect(await invoices(token)).toMatchObject(found);
    await post(`${origin}/auth/logout`, {}, { authorization: `Bearer ${token}` });
    expect([await verify(token), await users(token)]).toEqual([401, 200]);
    await auth.close();
    expect(await users(later)).toBe(200);
    expect(await invoices(later)).toMatchObject(found);
  });

  it('keeps the keys in a later run that does not name them', async () => {
    const root = materialize(join(folder, 'three'), { fixture: 'npm-workspaces', args: [] });
    await runCommand({ generator: 'add-auth-verify', args: [...keys, '--no-format'] }, root);
    const plan = await planCommand(
      { generator: 'add-auth-verify', args: ['--blacklist', 'memory', '--no-format'] },
      root,
    );
    const whole = await planCommand(
      {
        generator: 'add-s2s',
        args: ['--target', 'user', '--protect', 'usersRoutes', '--blacklist', 'memory', '--no-format'],
      },
      root,
    );

    const edited = [plan, whole].flatMap((one) => (one.ok ? one.edits.map(({ path }) => path) : ['refused']));
    expect(edited.filter((path) => /auth-verify|signing-keys|refused/.test(path))).toEqual([]);
  });
});

const services = openServices('sign-calls');
afterAll(() => services.close());

/** A service with @fastify/jwt whose login answers with what an expression signs. */
function serviceWith(signed: string, register = "sign: { expiresIn: '1h' }", more = ''): Files {
  const imports = "import fastifyJwt from '@fastify/jwt';";
  const options = ["secret: process.env['SECRET'] ?? ''", register].filter((part) => part !== '').join(', ');
  const registration = `  await app.register(fastifyJwt, { ${options} });\n${more}`;
  const app = `import Fastify, { type FastifyInstance } from 'fastify';
${imports}

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'error' } });
${registration}
  app.post('/auth/login', async (_request, reply) => ({ token: ${signed}, type: reply.statusCode }));
  return app;
}
`;
  return { ...manifestOf('@fastify/jwt'), 'src/app.ts': app };
}

const bothSteps = ['--keys', 'es256', '--sign', 'keys'];
const user = "sub: '1', email: 'ada@acme.test'";

describe('the sign call of a login, in the second step', () => {
  const edited: Readonly<
    Record<string, readonly [signed: string, register?: string | undefined, isOn4?: boolean]>
  > = {
    'app.jwt.sign': [`app.jwt.sign({ ${user} })`],
    'with a lifetime of its own': [`app.jwt.sign({ ${user} }, { expiresIn: '15m' })`, ''],
    'with an exp of its own': [`app.jwt.sign({ ${user}, exp: Math.floor(Date.now() / 1_000) + 60 })`, ''],
    'with the algorithm of another secret': [
      `app.jwt.sign({ ${user} })`,
      "sign: { algorithm: 'HS512', expiresIn: '1h' }",
    ],
    'with issuer and audience of its own': [`app.jwt.sign({ ${user}, iss: 'acme', aud: 'web' })`],
    'with issuer and audience of the plugin': [
      `app.jwt.sign({ ${user} })`,
      "sign: { expiresIn: '1h', iss: 'acme', aud: 'web' }",
    ],
    'on Fastify 4': [`app.jwt.sign({ ${user} })`, undefined, true],
  };
  for (const [name, [signed, register, isOn4 = false]] of Object.entries(edited)) {
    it(`signs with the key: ${name}`, async () => {
      const files = serviceWith(signed, register);
      const served = await services.serve(
        name.replaceAll(/\W+/g, '-'),
        isOn4 ? onFastify4(files) : files,
        bothSteps,
        isOn4,
      );
      const login = await served.token('/auth/login');
      expect(algOf(login)).toBe('ES256');
      expect(await served.verify(login)).toBe(200);
      expect((await fetch(`${served.origin}/.well-known/jwks.json`)).status).toBe(200);
    });
  }

  const byHand: Readonly<Record<string, readonly [signed: string, register?: string]>> = {
    'of the reply, of a token that does not expire': [`await reply.jwtSign({ ${user} })`, ''],
    'with a key ID of the plugin': [`app.jwt.sign({ ${user} })`, "sign: { expiresIn: '1h', kid: 'mine' }"],
    'without an expiry': [`app.jwt.sign({ ${user} })`, ''],
    'with an algorithm of its own': [`app.jwt.sign({ ${user} }, { algorithm: 'HS512', expiresIn: '1h' })`],
    'with an issuer of the environment': [`app.jwt.sign({ ${user}, iss: process.env['ISSUER'] })`],
    'with options elsewhere': [`app.jwt.sign({ ${user} }, Object({ expiresIn: '1h' }))`],
  };
  for (const [name, [signed, register]] of Object.entries(byHand)) {
    it(`leaves it to people: ${name}`, async () => {
      const files = serviceWith(signed, register);
      const plan = await services.plan(name.replaceAll(/\W+/g, '-'), files, bothSteps);
      if (!plan.ok) throw new Error(plan.obstacles[0].message);
      expect(plan.notes.join('\n')).toMatch(/Sign with the current key at src\/app\.ts:\d+ by hand/);
      expect(JSON.stringify(plan.edits)).not.toContain('...app.signingOptions');
    });
  }

  it('edits all of several logins, and none beside a token of the same text for something else', async () => {
    const call = `app.jwt.sign({ ${user} })`;
    const other = (path: string): string => `  app.post('${path}', async () => ({ token: ${call} }));\n`;
    const edits = async (path: string): Promise<number> => {
      const args = [...bothSteps, '--login', 'src/app.ts#/auth/login,src/app.ts#/auth/sign-in'];
      const plan = await services.plan('alike', serviceWith(call, undefined, other(path)), args);
      if (!plan.ok) return 0;
      const edit = plan.edits.find(({ path: file }) => file === 'src/app.ts');
      const changes = edit?.kind === 'patch' ? edit.changes : [];
      return changes.filter(({ text }) => text.includes('...app.signingOptions')).length;
    };
    expect(await edits('/auth/sign-in')).toBe(2);
    expect(await edits('/auth/reset-password')).toBe(0);
  });

  it('refuses while the service verifies tokens of the login with the secret itself', async () => {
    const guard =
      "  app.get('/auth/me', { onRequest: async (request) => { await request.jwtVerify(); } }, async () => ({}));\n";
    const files = serviceWith(`app.jwt.sign({ ${user} })`, undefined, guard);
    const first = await services.plan('own-guard', files, ['--keys', 'es256']);
    expect(first.ok && first.notes.join('\n')).toMatch(
      /Before step 2, verify with app\.verifyToken\(token\) at src\/app\.ts:\d+/,
    );
    const second = await services.plan('own-guard', files, bothSteps);
    expect(!second.ok && second.obstacles.map(({ code }) => code)).toEqual(['E_TOKEN_POLICY']);
  });

  it('refuses without keys, beside a key set and beside a decorator of the same name', async () => {
    const codes = async (name: string, args: readonly string[], more = ''): Promise<unknown> => {
      const plan = await services.plan(name, serviceWith(`app.jwt.sign({ ${user} })`, undefined, more), args);
      return !plan.ok && plan.obstacles.map(({ code }) => code);
    };
    expect(await codes('no-keys', ['--sign', 'keys'])).toEqual(['E_INVALID_FLAG']);
    const keySet = "  app.get('/.well-known/jwks.json', async () => ({ keys: [] }));\n";
    expect(await codes('own-set', ['--keys', 'es256'], keySet)).toEqual(['E_ROUTE_EXISTS']);
    const decorator = "  app.decorate('signToken', () => '');\n";
    expect(await codes('own-decorator', ['--keys', 'es256'], decorator)).toEqual(['E_DECORATOR_TAKEN']);
    const hook =
      "  app.addHook('onRequest', async (request, reply) => { if (request.url !== '/auth/verify' && request.url !== '/auth/login') return reply.code(401).send(); });\n";
    expect(await codes('closed', ['--keys', 'es256'], hook)).toEqual(['E_ROUTE_GUARDED']);
  });
});
