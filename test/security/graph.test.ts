import { describe, expect, it } from 'vitest';

import { openSurvey } from '../../generators/_engine/program/survey.ts';
import { surveyGuards } from '../../generators/_engine/facts/auth/guards.ts';
import { surveyService } from '../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../engine/repo/memory-repo.ts';
import { manifest } from '../engine/facts/service-of.ts';

const verify =
  'async (request, reply) => { try { await request.jwtVerify(); } catch { return reply.code(401).send(); } }';
const logs = 'async (request) => { request.log.info(1); }';
const swallows = 'async (request) => { try { await request.jwtVerify(); } catch { request.log.info(1); } }';

/** How the routes of `things` are guarded, with code on the application and in the plugin. */
function accessOf(onApp: string, inPlugin: string, more = ''): string | undefined {
  const repo = memoryRepo({
    'package.json': manifest(),
    'src/app.ts': `import Fastify from 'fastify';\nimport { things } from './things.js';\n${more}\nconst app = Fastify();\n${onApp}\napp.register(things);\napp.listen({ port: 1 });\n`,
    'src/things.ts':
      `export async function things(app) {\n${inPlugin}\n  app.get('/things', async () => ({}));\n  app.post('/things', { ROUTE }, async () => ({}));\n}\n`.replace(
        '{ ROUTE }',
        inPlugin.includes('ROUTE') ? `{ onRequest: app.authenticate }` : '{}',
      ),
  });
  const [head] = surveyHeads(repo);
  const service = head === undefined ? undefined : surveyService(repo, head);
  if (head === undefined || service === undefined) throw new Error('no service');
  return surveyGuards(openSurvey(repo, head), service)[0]?.access;
}

describe('A.6c s2s-graph says what runs, not what a hook is called', () => {
  const authenticate = `app.decorate('authenticate', ${verify});`;
  const declared =
    "declare module 'fastify' {\n  interface FastifyInstance {\n    authenticate: object;\n    authServiceClient: object;\n  }\n}";
  const pluginOf = (code: string): string =>
    `import fp from 'fastify-plugin';\nimport { connectAuthService } from './authentication.js';\nconst authMiddleware = fp(async (app) => { ${code} });\n${declared}`;
  const ours = pluginOf('await connectAuthService(app, {});');

  it.each<[string, string | undefined, string, string, string?]>([
    ['a hook that verifies and refuses', 'guarded', `app.addHook('onRequest', ${verify});`, ''],
    [
      'one of the plugin, by its decorator',
      'guarded',
      authenticate,
      "  app.addHook('onRequest', app.authenticate);",
    ],
    [
      'an innocent name that verifies',
      'guarded',
      `app.decorate('step', ${verify});`,
      "  app.addHook('onRequest', app.step);",
    ],
    [
      'a guard’s name that only logs',
      'open',
      `app.decorate('authenticate', ${logs});`,
      "  app.addHook('onRequest', app.authenticate);",
    ],
    ['one that swallows the failure', 'open', `app.addHook('onRequest', ${swallows});`, ''],
    ['a decorator that nobody defines', 'unknown', '', "  app.addHook('onRequest', app.authenticateLater);"],
    [
      'a function of a package',
      'unknown',
      "app.addHook('onRequest', authGuard);",
      '',
      "import { authGuard } from 'auth-guard';",
    ],
    ['a comment', 'open', `// app.addHook('onRequest', ${verify});`, ''],
    ['a branch', 'unknown', `if (process.env.AUTH) { app.addHook('onRequest', ${verify}); }`, ''],
    ['a hook that runs too late', 'open', `app.addHook('onSend', ${verify});`, ''],
    [
      'a hook of a sibling',
      'open',
      `app.register(async (app) => { app.addHook('onRequest', ${verify}); });`,
      '',
    ],
    [
      'a hook of another instance',
      'open',
      `const other = Fastify();\nother.addHook('onRequest', ${verify});`,
      '',
    ],
    [
      'a local name that shadows',
      'guarded',
      authenticate,
      `  const other = async () => {};\n  app.addHook('onRequest', app.authenticate);`,
    ],
    [
      'a shadowing function that passes',
      'open',
      '',
      `  const authenticate = ${logs};\n  app.addHook('onRequest', authenticate);`,
    ],
    ['one route of two', 'partly', authenticate, '  // ROUTE'],
    ['our middleware', 'guarded', 'app.register(authMiddleware, { publicRoutes: [] });', '', ours],
    [
      'our middleware with one route open',
      'partly',
      "app.register(authMiddleware, { publicRoutes: ['GET /things'] });",
      '',
      ours,
    ],
    [
      'our middleware with all open',
      'open',
      "app.register(authMiddleware, { publicRoutes: ['GET /things', 'POST /things'] });",
      '',
      ours,
    ],
    [
      'our middleware with an entry that opens nothing, since it has no method',
      'guarded',
      "app.register(authMiddleware, { publicRoutes: ['/things'] });",
      '',
      ours,
    ],
    [
      'a plugin with the declarations of our middleware alone',
      'open',
      'app.register(authMiddleware, { publicRoutes: [] });',
      '',
      pluginOf('app.log.info(1);').replace(/^import \{ connect.*\n/m, ''),
    ],
    [
      'a decorator beside our middleware that only logs',
      'open',
      `app.decorate('authenticate', ${logs});`,
      "  app.addHook('onRequest', app.authenticate);",
      ours,
    ],
    [
      'a foreign plugin of that name',
      'open',
      'app.register(authMiddleware, { publicRoutes: [] });',
      '',
      "import { authMiddleware } from 'elsewhere';",
    ],
  ])('%s: %s', (_, access, onApp, inPlugin, more) => {
    expect(accessOf(onApp, inPlugin, more)).toBe(access);
  });
});
