import { describe, expect, it } from 'vitest';

import { findGuardsAhead, type GuardsAhead } from '../../../../generators/_engine/facts/auth/root-hooks.ts';
import { toRel } from '../../../../generators/_engine/model/paths.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

type Files = Readonly<Record<string, string>>;

/** What guards do to `POST /auth/verify`. */
function guardsOf(files: Files, autohooked?: string): GuardsAhead {
  const repo = memoryRepo({ 'package.json': manifest({ '@fastify/jwt': '10' }), ...files });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  const route = { method: 'POST', url: '/auth/verify' };
  return findGuardsAhead(
    openSurvey(repo, head),
    route,
    autohooked === undefined ? undefined : toRel(autohooked),
  );
}

const refuse = "return reply.code(401).send({ error: 'no' });";

/** An application whose fastify-plugin has this hook, and these functions beside it. */
function withHook(hook: string, beside = ''): Files {
  return {
    'src/app.ts': `import Fastify from 'fastify';
import guard from './guard.js';
const app = Fastify();
app.register(guard);`,
    'src/guard.ts': `import fp from 'fastify-plugin';
${beside}
export default fp(async (app) => {
  app.addHook('preHandler', ${hook});
});`,
  };
}

const decisionsOf = ({ closed }: GuardsAhead): readonly string[] => closed.map(({ decision }) => decision);

describe('a guard of the application lets POST /auth/verify pass', () => {
  it.each([
    [
      'a list in a function',
      "const open = ['/login', '/auth/verify'];\nfunction isOpen(url: string) { return open.includes(url); }",
      'isOpen(request.routeOptions.url)',
    ],
    ['a comparison', '', "request.url === '/auth/verify'"],
    ['a prefix', '', "request.url.startsWith('/auth/')"],
    ['another prefix that is guarded', '', "!request.url.startsWith('/api')"],
    ['a pattern', 'const open = /^\\/auth\\b/;', 'open.test(request.url)'],
    [
      'a set',
      "const open = new Set(['/health', '/auth/verify']);",
      "open.has(request.url.split('?')[0] ?? '')",
    ],
    [
      'a list of prefixes',
      "const open = ['/docs', '/auth'];",
      'open.some((prefix) => request.url.startsWith(prefix))',
    ],
    ['a method', '', "request.method === 'POST'"],
    ['an index', "const open = ['/auth/verify'];", 'open.indexOf(request.url) !== -1'],
    ['the path of a URL', '', "new URL(request.url, 'http://x').pathname === '/auth/verify'"],
  ])('by %s', (_, beside, condition) => {
    const hook = `async (request, reply) => { if (${condition}) return; ${refuse} }`;
    expect(guardsOf(withHook(hook, beside))).toEqual({ closed: [], optOut: [] });
  });

  it.each([
    [
      'verifies where there is a token',
      'async (request) => { if (request.headers.authorization) await request.jwtVerify(); }',
    ],
    [
      'verifies below /api',
      "async (request) => { if (request.url.startsWith('/api')) await request.jwtVerify(); }",
    ],
    [
      'verifies as part of an expression',
      "async (request) => { request.url.startsWith('/api') && (await request.jwtVerify()); }",
    ],
    [
      'catches',
      'async (request) => { try { await request.jwtVerify(); } catch { request.log.info("nobody"); } }',
    ],
    ['limits', 'async (request, reply) => { if (await full(request.ip)) return reply.code(429).send(); }'],
    ['calls done', '(request, reply, done) => { request.log.info("x"); done(); }'],
    ['logs', 'async (request) => { request.log.info("unauthorized?"); }'],
  ])('a hook that %s', (_, hook) => {
    expect(guardsOf(withHook(hook))).toEqual({ closed: [], optOut: [] });
  });
});

describe('a guard of the application that refuses POST /auth/verify is seen', () => {
  it.each([
    [
      'in a function with a list',
      "const open = ['/login'];\nfunction isOpen(url: string) { return open.includes(url); }",
      `async (request, reply) => { if (isOpen(request.url)) return; ${refuse} }`,
    ],
    ['as a comparison', '', `async (request, reply) => { if (request.url !== '/login') ${refuse} }`],
    ['without a condition', '', 'async (request) => { await request.jwtVerify(); }'],
    [
      'that catches and refuses',
      '',
      'async (request, reply) => { try { await request.jwtVerify(); } catch (error) { reply.code(401); return error; } }',
    ],
    [
      'in another function',
      'async function check(request) { await request.jwtVerify(); }',
      'async (request) => { await check(request); }',
    ],
    [
      'that throws by done',
      '',
      "(request, reply, done) => { if (!request.headers.authorization) { done(new Error('unauthorized')); return; } done(); }",
    ],
  ])('%s', (_, beside, hook) => {
    expect(decisionsOf(guardsOf(withHook(hook, beside)))).toEqual(['refuses']);
  });

  it.each([
    ['that another package has', "import { requireAuth } from '@acme/auth';", 'requireAuth'],
    [
      'that asks what nobody can read',
      '',
      `async (request, reply) => { if (await isKnown(request.ip)) return; ${refuse} }`,
    ],
    [
      'that asks for a key',
      '',
      `async (request, reply) => { if (request.headers['x-api-key'] !== process.env.KEY) ${refuse} }`,
    ],
    ['of a service object', '', 'async (request) => { await guardService.check(request); }'],
  ])('may refuse: a hook %s', (_, beside, hook) => {
    expect(decisionsOf(guardsOf(withHook(hook, beside)))).toEqual(['unknown']);
  });

  it('decorated elsewhere, in an autoloaded plugin, and by a function that gets the application', () => {
    const files = {
      'package.json': manifest({ '@fastify/jwt': '10', '@fastify/autoload': '6' }),
      'src/app.ts': `import autoload from '@fastify/autoload';
import Fastify from 'fastify';
import { join } from 'node:path';
import { addHooks } from './hooks.js';
const app = Fastify();
app.register(autoload, { dir: join(import.meta.dirname, 'plugins') });
addHooks(app);`,
      'src/hooks.ts': "export function addHooks(app) { app.addHook('onRequest', app.authenticate); }",
      'src/plugins/a.ts': `import fp from 'fastify-plugin';
export default fp(async (app) => { app.decorate('authenticate', async (request) => { await request.jwtVerify(); }); });`,
      'src/plugins/b.ts': `import fp from 'fastify-plugin';
export default fp(async (app) => { app.addHook('preHandler', async (request) => { if (!request.user) throw new Error('401'); }); });`,
      'src/plugins/c.ts':
        "export default async (app) => { app.addHook('preHandler', async () => { throw new Error('401'); }); };",
    };
    expect(
      guardsOf(files)
        .closed.map(({ path }) => path)
        .sort(),
    ).toEqual(['src/hooks.ts', 'src/plugins/b.ts']);
  });

  it('in the autohooks file beside the route', () => {
    const files = {
      'src/app.ts': "import Fastify from 'fastify';\nconst app = Fastify();\napp.get('/', () => '');",
      'src/plugins/autohooks.ts':
        "export default async (app) => { app.addHook('onRequest', async (request) => { await request.jwtVerify(); }); };",
    };
    expect(guardsOf(files).closed).toEqual([]);
    expect(decisionsOf(guardsOf(files, 'src/plugins/auth-verify.ts'))).toEqual(['refuses']);
  });
});

describe('the way past a guard', () => {
  it.each([
    ['request.routeOptions.config.skipAuth', 'skipAuth: true'],
    ['request.routeOptions?.config?.public === true', 'public: true'],
    ['request.context.config.auth === false', 'auth: false'],
    ['(request.routeOptions.config as { open?: boolean }).open', 'open: true'],
  ])('is `%s`', (condition, optOut) => {
    const hook = `async (request, reply) => { if (${condition}) return; ${refuse} }`;
    expect(guardsOf(withHook(hook))).toEqual({ closed: [], optOut: [optOut] });
  });

  it('is not needed where only routes that ask for it are guarded', () => {
    const hook = `async (request, reply) => { if (!request.routeOptions.config.auth) return; ${refuse} }`;
    expect(guardsOf(withHook(hook))).toEqual({ closed: [], optOut: [] });
  });
});
