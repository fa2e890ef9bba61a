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

  const jwt = { 'package.json': manifest({ jsonwebtoken: '^9.0.0' }) };
  const sign = "import jwt from 'jsonwebtoken';\n";
  const signs = "jwt.sign({ sub: '1' }, 'x')";

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'an inline handler',
      { 'src/app.ts': `${sign}${app}app.post('/enter', async () => ({ token: ${signs} }));\n` },
      'POST /enter is public: its handler signs a token at src/app.ts:5 (src/app.ts:5).',
    ],
    [
      'a class whose service comes by its constructor',
      {
        'src/tokens.ts': `${sign}export class Tokens {\n  issue() { return ${signs}; }\n}\n`,
        'src/users.ts':
          "import type { Tokens } from './tokens';\nexport class Users {\n  constructor(private readonly tokens: Tokens) {}\n  register(server) { server.post('/enter', this.enter.bind(this)); }\n  async enter() { return this.tokens.issue(); }\n}\n",
        'src/app.ts': `import { Tokens } from './tokens';\nimport { Users } from './users';\n${app}const users = new Users(new Tokens());\nusers.register(app);\n`,
      },
      'POST /enter is public: its handler signs a token at src/tokens.ts:3 (src/users.ts:4).',
    ],
    [
      'a decorator, in an autoloaded file',
      {
        'src/app.ts':
          "import autoload from '@fastify/autoload';\nimport Fastify from 'fastify';\nimport { join } from 'node:path';\nconst app = Fastify();\napp.register(autoload, { dir: join(import.meta.dirname, 'plugins') });\napp.register(autoload, { dir: join(import.meta.dirname, 'routes') });\n",
        'src/plugins/tokens.ts': `import fp from 'fastify-plugin';\n${sign}export default fp(async (app) => { app.decorate('issue', () => ${signs}); });\n`,
        'src/routes/enter/index.ts':
          "export default async function enter(app) {\n  app.post('/', async () => ({ token: app.issue() }));\n}\n",
      },
      'POST /enter is public: its handler signs a token at src/plugins/tokens.ts:3 (src/routes/enter/index.ts:2).',
    ],
  ])('leaves the login of the issuer open: %s', (_id, files, note) => {
    const { notes, routes } = open({ ...jwt, ...files });
    expect(routes).toEqual(['POST /enter', 'POST /auth/verify']);
    expect(notes).toContain(note);
  });

  it.each<[string, string]>([
    ['reads who calls', `app.post('/as', async (request) => jwt.sign({ sub: request.user.id }, 'x'));`],
    ['has a name of something else', `app.post('/share', async () => ${signs});`],
    ['signs no token of a user', "app.post('/x', async () => jwt.sign({ file: '1' }, 'x'));"],
    ['is under any URL', `app.all('/api/auth/*', async () => ${signs});`],
    [
      'only calls a member of that name',
      `class Tokens { sign() { return ${signs}; } }\nexport const tokens = new Tokens();\napp.post('/documents', async (request) => request.body.document.sign());`,
    ],
  ])('opens no route that signs a token and %s', (_id, code) => {
    expect(open({ ...jwt, 'src/app.ts': `${sign}${app}${code}\n` }).routes).toEqual(['POST /auth/verify']);
  });

  it('names what the code of a closed route shows', () => {
    const code = `import bcrypt from 'bcrypt';
import passport from '@fastify/passport';
import proxy from '@fastify/http-proxy';
import swaggerUi from '@fastify/swagger-ui';
${app}app.post('/people', async (request) => bcrypt.hash(request.body.password, 10));
app.get('/github', { preValidation: passport.authenticate('github') }, h);
app.get('/back', async (request) => app.github.getAccessTokenFromAuthorizationCodeFlow(request));
app.post('/stripe', async (request) => stripe.webhooks.constructEvent(request.body, 's', 'x'));
app.all('/api/auth/*', async (request) => auth.handler(request));
app.register(proxy, { upstream: 'http://orders:3000', prefix: '/orders' });
app.register(swaggerUi, { routePrefix: process.env.DOCS });
`;
    const { notes, routes } = open({ 'src/app.ts': code });
    expect(routes).toEqual([]);
    expect(notes).toEqual([
      'A token is also required at GET /health (src/app.ts:7), POST /people (src/app.ts:8: its handler hashes or compares a password at src/app.ts:8), GET /github (src/app.ts:9: its hook is an authentication of passport), GET /back (src/app.ts:10: its handler exchanges an authorization code at src/app.ts:10), POST /stripe (src/app.ts:11: its handler checks a signature or a secret at src/app.ts:11), * /api/auth/* (src/app.ts:12), * /orders/* (src/app.ts:13: @fastify/http-proxy forwards it to another service), GET /* (src/app.ts:14: @fastify/swagger-ui registers it, and the URL cannot be read): open public routes with --public.',
    ]);
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
