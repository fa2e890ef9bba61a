import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { materialize } from '../helpers/materialize.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import { appWith, manifestOf, signing } from './purpose-services.ts';
import { openServices } from './token-services.ts';

const { close, plan, serve } = openServices('issuer-shapes');

afterAll(close);

type Files = Parameters<typeof plan>[1];
const args = ['--blacklist', 'memory', '--no-format'];

/** The codes of a refusal; empty for a plan. */
async function refusal(name: string, files: Files, more: readonly string[] = []): Promise<readonly string[]> {
  const planned = await plan(name, files, more);
  return planned.ok ? [] : planned.obstacles.map(({ code }) => code);
}

const { sign } = signing('@fastify/jwt');
const register = "  await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? '' });";
const imports = "import fastifyJwt from '@fastify/jwt';";
const withJwt = (more: string, files: Files = {}, extra = ''): Files => ({
  ...manifestOf('@fastify/jwt'),
  ...files,
  ...appWith(
    { '/login': sign("{ sub: '1' }") },
    { imports: `${imports}${extra}`, register: `${register}\n${more}` },
  ),
});

describe('a secret that the code checks before it is used', () => {
  it('compiles, and verifies', async () => {
    const checked = `  const secret = process.env['SECRET'];
  if (!secret) throw new Error('SECRET is not set');
  await app.register(fastifyJwt, { secret });`;
    const app = appWith({ '/login': sign("{ sub: '1' }") }, { imports, register: checked });
    const service = await serve('checked-secret', { ...manifestOf('@fastify/jwt'), ...app });
    expect(compileService(`${service.root}/tsconfig.json`)).toEqual([]);
    expect(await service.verify(await service.token('/login'))).toBe(200);
  });
});

describe('a guard of the application', () => {
  const guard = (open: string): Files => ({
    'src/guard.ts': `import fp from 'fastify-plugin';

const open = ${open};

function isOpen(url: string): boolean {
  return open.includes(url);
}

export default fp(async (app) => {
  app.addHook('preHandler', async (request, reply) => {
    if (isOpen(request.routeOptions.url ?? '')) return;
    return reply.code(401).send({ error: 'no' });
  });
});
`,
  });
  const registered = '  await app.register(guard);';
  const imported = "\nimport guard from './guard.js';";

  it('whose list is in a function is seen', async () => {
    const files = withJwt(registered, guard("['/login']"), imported);
    expect(await refusal('closed', files)).toEqual(['E_ROUTE_GUARDED']);
  });

  it('with the route in its list lets callers without a token pass', async () => {
    const files = withJwt(registered, guard("['/login', '/auth/verify']"), imported);
    const service = await serve('listed', files);
    expect(await service.verify(await service.token('/login'))).toBe(200);
  });

  it('that a route opts out of is opted out of', async () => {
    const hook = `  app.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    if ((config as { open?: boolean }).open === true || request.url === '/login') return;
    await request.jwtVerify();
  });`;
    const service = await serve('opt-out', withJwt(hook));
    expect(await service.verify(await service.token('/login'))).toBe(200);
  });
});

describe('@fastify/jwt in a context of its own', () => {
  it('is out of reach for the verify route', async () => {
    const inner = `  await app.register(async (app) => {
    await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? '' });
    app.post('/login', async () => ({ token: app.jwt.sign({ sub: '1' }) }));
  });`;
    const files = { ...manifestOf('@fastify/jwt'), ...appWith({}, { imports, register: inner }) };
    expect(await refusal('encapsulated', files)).toEqual(['E_NO_REGISTRATION_PLACE']);
  });
});

describe('an autoloaded folder of plugins with another name', () => {
  it('still holds the verify route in a second run', async () => {
    const files: Files = {
      ...manifestOf('@fastify/jwt', { '@fastify/autoload': '^6.0.0' }),
      'src/app.ts': `import autoload from '@fastify/autoload';
import Fastify, { type FastifyInstance } from 'fastify';
import { join } from 'node:path';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(autoload, { dir: join(import.meta.dirname, 'hooks') });
  await app.register(autoload, { dir: join(import.meta.dirname, 'routes') });
  return app;
}
`,
      'src/hooks/jwt.ts': `import jwt from '@fastify/jwt';
import fp from 'fastify-plugin';

export default fp(async (app) => {
  await app.register(jwt, { secret: process.env['SECRET'] ?? '' });
});
`,
      'src/routes/login.ts': `import type { FastifyInstance } from 'fastify';

export default async function login(app: FastifyInstance): Promise<void> {
  app.post('/login', async () => ({ token: app.jwt.sign({ sub: '1' }) }));
}
`,
    };
    const root = materialize('.security-issuer-shapes/hooks-folder', { fixture: 'none', args: [], files });
    await runCommand({ generator: 'add-auth-verify', args }, root);
    const again = await planCommand({ generator: 'add-auth-verify', args }, root);
    expect(again).toMatchObject({ ok: true, edits: [] });
  });
});

describe('what login signs is what the verify route answers', () => {
  const user = `
interface User { id: string; email: string; roles: string[]; plan: 'free' | 'paid' }
const user: User = { id: 'u-1', email: 'ada@acme.test', roles: ['admin'], plan: 'paid' };`;
  const signed = (claims: string): Files => ({
    ...manifestOf('@fastify/jwt'),
    ...appWith({ '/login': sign(claims) }, { imports: `${imports}${user}`, register }),
  });

  it.each<readonly [string, string, readonly string[], Readonly<Record<string, unknown>>]>([
    [
      'uid',
      '{ uid: user.id, roles: user.roles, plan: user.plan }',
      [],
      { userId: 'u-1', roles: ['admin'], plan: 'paid' },
    ],
    [
      'nested',
      '{ user: { id: user.id, email: user.email, roles: user.roles } }',
      [],
      { userId: 'u-1', email: 'ada@acme.test', roles: ['admin'] },
    ],
    ['email', '{ email: user.email }', [], { userId: 'ada@acme.test', email: 'ada@acme.test' }],
    ['mongo', "{ _id: user.id, scope: 'a b' }", [], { userId: 'u-1', scope: 'a b' }],
    [
      'asked',
      '{ username: user.id, email: user.email }',
      ['--user-claim', 'username'],
      { userId: 'u-1', email: 'ada@acme.test' },
    ],
    [
      'company',
      '{ sub: user.id, company: user.plan }',
      ['--tenant-claim', 'company'],
      { userId: 'u-1', tenantId: 'paid' },
    ],
  ])('%s', async (name, claims, more, identity) => {
    const service = await serve(name, signed(claims), more);
    const answer = await fetch(`${service.origin}/auth/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: await service.token('/login') }),
    });
    expect(await answer.json()).toEqual({ valid: true, ...identity });
    if (name === 'nested' || name === 'uid')
      expect(compileService(`${service.root}/tsconfig.json`)).toEqual([]);
  });

  it('is asked where the code does not say, with the claims that are signed', async () => {
    const planned = await plan('unclear', signed('{ username: user.id, email: user.email }'));
    const [obstacle] = planned.ok ? [] : planned.obstacles;
    expect(obstacle?.code).toBe('E_MISSING_FLAG');
    expect(`${obstacle?.message ?? ''} ${obstacle?.remedy ?? ''}`).toMatch(/--user-claim.*username, email/s);
    expect(await refusal('unread', signed('{ ...JSON.parse(String(user)) }'))).toEqual(['E_MISSING_FLAG']);
  });
});

describe('what cannot be verified is refused', () => {
  it('an algorithm that only a run shows, but for --algorithm', async () => {
    const { imports: own } = signing('jsonwebtoken');
    const token = "jwt.sign({ sub: '1' }, SECRET, { algorithm: process.env['ALGORITHM'] as jwt.Algorithm })";
    const files: Files = {
      ...manifestOf('jsonwebtoken'),
      'src/secret.ts': "export const SECRET = process.env['SECRET'] ?? '';\n",
      ...appWith({ '/login': token }, { imports: own }),
    };
    expect(await refusal('algorithm', files)).toEqual(['E_MISSING_FLAG']);
    expect(await refusal('algorithm-given', files, ['--algorithm', 'HS256'])).toEqual([]);
  });

  it('tokens that another package issues', async () => {
    const files: Files = {
      ...manifestOf('@fastify/jwt', { 'firebase-admin': '^13.0.0' }),
      ...appWith({ '/login': "'made by firebase'" }),
    };
    const manifest = String(files['package.json']).replace(/"@fastify\/jwt":"[^"]*",?/, '');
    expect(await refusal('firebase', { ...files, 'package.json': manifest })).toEqual(['E_NO_AUTH_SERVICE']);
  });

  it('a secret that no other file can import', async () => {
    const { imports: own } = signing('jsonwebtoken');
    const files: Files = {
      ...manifestOf('jsonwebtoken'),
      'src/secret.ts': "export const SECRET = process.env['SECRET'] ?? '';\n",
      ...appWith(
        { '/login': "jwt.sign({ sub: '1' }, [SECRET, 'x'].map((one) => one).join(own()))" },
        { imports: `${own}\nconst own = (): string => '';` },
      ),
    };
    expect(await refusal('local-secret', files)).toEqual(['E_NO_VERIFY_KEY']);
  });
});

describe('an application that parses JSON in its own way', () => {
  it('answers about tokens all the same', async () => {
    const parser = `  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });`;
    const service = await serve('own-parser', withJwt(parser));
    expect(await service.verify(await service.token('/login'))).toBe(200);
  });
});

describe("the service's own tests", () => {
  it('may register the patched routes without the denylist', async () => {
    const files: Files = {
      ...manifestOf('@fastify/jwt'),
      'src/app.ts': `import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import { authRoutes } from './auth.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? '' });
  await app.register(authRoutes);
  return app;
}
`,
      'src/auth.ts': `import type { FastifyInstance } from 'fastify';

export async function authRoutes(app: FastifyInstance): Promise<void> {
  app.post('/login', async () => ({ token: app.jwt.sign({ sub: '1' }) }));
  app.post('/logout', async (request, reply) => {
    request.log.info('bye');
    return reply.code(204).send();
  });
}
`,
      'test/auth.test.ts':
        "import Fastify from 'fastify';\nimport { authRoutes } from '../src/auth.js';\nvoid Fastify().register(authRoutes);\n",
    };
    const service = await serve('tested-alone', files);
    const { authRoutes } = (await import(`${service.root}/src/auth.ts`)) as {
      authRoutes: (app: FastifyInstance) => Promise<void>;
    };
    const alone = Fastify();
    await alone.register(authRoutes);
    expect((await alone.inject({ method: 'POST', url: '/logout' })).statusCode).toBe(204);
    const token = await service.token('/login');
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${service.origin}/logout`, { method: 'POST', headers })).status).toBe(204);
    expect(await service.verify(token)).toBe(401);
  });
});
