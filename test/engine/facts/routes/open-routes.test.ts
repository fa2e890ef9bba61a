import { describe, expect, it } from 'vitest';

import { openRoutes, type OpenRoutes } from '../../../../generators/add-auth-middleware/open-routes.ts';
import { readPublic } from '../../../../generators/_engine/facts/routes/protection.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';
import { obstaclesFrom } from '../../refused.ts';

const app = "import Fastify from 'fastify';\nconst app = Fastify();\napp.get('/health', h);\n";

describe('openRoutes', () => {
  const open = (files: Readonly<Record<string, string>>, chosen: readonly string[] = []): OpenRoutes => {
    const repo = memoryRepo({ 'package.json': manifest(), ...files });
    const [head] = surveyHeads(repo);
    const service = head === undefined ? undefined : surveyService(repo, head);
    if (service === undefined) throw new Error('no service');
    return openRoutes(service, repo, { path: '/auth/verify', targets: [service.dir] }, chosen);
  };

  it('opens no route by its name, and says so', () => {
    expect(open({ 'src/app.ts': app })).toEqual({
      routes: [],
      notes: ['A token is also required at GET /health (src/app.ts:3): open public routes with --public.'],
    });
  });

  it('opens what was chosen, with its place', () => {
    expect(open({ 'src/app.ts': app }, ['GET /health', 'POST /hook'])).toEqual({
      routes: ['GET /health', 'POST /hook'],
      notes: [
        'GET /health is public: --public lists it (src/app.ts:3).',
        'POST /hook is public: --public lists it (it was not found in the code).',
      ],
    });
  });

  it('never lets the verify route ask itself', () => {
    const signs = "import jwt from 'jsonwebtoken';\nexport const token = () => jwt.sign({ sub: '1' }, 'x');";
    const files = {
      'package.json': manifest({ jsonwebtoken: '^9.0.0' }),
      'src/app.ts': app,
      'src/token.ts': signs,
    };
    expect(open(files).routes).toEqual(['POST /auth/verify']);
    // Unless a route of somebody else has that URL.
    const taken = { ...files, 'src/app.ts': `${app}app.post('/auth/verify', h);\n` };
    expect(open(taken).routes).toEqual([]);
  });

  it('opens what the code makes public, by method, and names what is called before there is a token', () => {
    const routes =
      "app.post('/users/login', h);\napp.post('/users/register', { config: { public: true } }, h);\napp.put('/users/register', h);";
    const { notes, routes: opened } = open({ 'src/app.ts': app + routes }, ['GET /health']);
    expect(opened).toEqual(['POST /users/register', 'POST /auth/verify', 'GET /health']);
    expect(notes).toContain('POST /users/register is public: its own options make it public (src/app.ts:5).');
    expect(notes).toContain(
      'A token is also required at POST /users/login (src/app.ts:4), PUT /users/register (src/app.ts:6): open public routes with --public.',
    );
  });

  it('opens no documentation below which other routes lie', () => {
    const code = `import swaggerUi from '@fastify/swagger-ui';\n${app}app.register(swaggerUi, { routePrefix: '/docs' });\n`;
    expect(open({ 'src/app.ts': code }).routes).toEqual(['GET /docs/*']);
    const { notes, routes } = open({ 'src/app.ts': `${code}app.get('/docs/:id', h);\n` });
    expect(routes).toEqual([]);
    expect(notes[0]).toBe(
      'GET /docs/* requires a token: other routes share the pattern; open single routes with --public.',
    );
  });

  it('tells of routes that a package adds', () => {
    const files = {
      'src/app.ts':
        "import { createServer } from '@acme/server';\nimport { users } from './users';\nexport async function build() { const app = await createServer(); app.register(users); return app; }",
      'src/users.ts':
        "import type { FastifyInstance } from 'fastify';\nexport async function users(app: FastifyInstance) { app.get('/users', h); }",
    };
    expect(open(files).notes).toEqual([
      'Routes that @acme/server adds to the instance also require a token: add public ones to publicRoutes (src/app.ts).',
    ]);
  });
});

describe('readPublic', () => {
  const read = (given: readonly string[], protect = ['all']): unknown =>
    readPublic({ public: given, protect });

  it.each([
    [['none'], []],
    [[], []],
    [
      ['/health', ' GET /docs/* ', 'POST /v1/hooks/:id'],
      ['GET /health', 'GET /docs/*', 'POST /v1/hooks/:id'],
    ],
  ])('reads %j', (given, entries) => {
    expect(read(given)).toEqual(entries);
  });

  it.each([
    'health',
    'get /health',
    'GET',
    'GET  /a',
    'GET /a b',
    "GET /a'",
    'GET /a\nb',
    'TRACE /a',
    '* /a',
  ])('refuses %j', (entry) => {
    expect(obstaclesFrom(() => read([entry]))).toMatchObject([{ code: 'E_INVALID_FLAG' }]);
  });

  it('refuses routes beside none, and without --protect all', () => {
    expect(obstaclesFrom(() => read(['none', '/health']))).toMatchObject([
      { message: '--public combines none with routes.' },
    ]);
    expect(obstaclesFrom(() => read(['/health'], ['usersRoutes']))).toMatchObject([
      { message: '--public requires --protect all.' },
    ]);
  });
});
