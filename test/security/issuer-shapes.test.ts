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
