import { describe, expect, it } from 'vitest';

import { findTokenlessRoutes } from '../../../../generators/_engine/facts/auth/tokenless-routes.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { routeKey } from '../../../../generators/_engine/facts/routes/public-routes.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

/** Each route with its evidence, and whether it logs people in for certain. */
function tokenless(files: Readonly<Record<string, string>>): readonly string[] {
  const packages = { jsonwebtoken: '^9.0.0', 'better-auth': '^1.0.0', 'fastify-plugin': '^5.0.0' };
  const repo = memoryRepo({ 'package.json': manifest(packages), ...files });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  const service = surveyService(repo, head);
  const routes = service.routes.flatMap((plugin) => plugin.routes);
  return findTokenlessRoutes(openSurvey(repo, service), routes).map(
    ({ evidence, isLogin, route }) => `${routeKey(route)}${isLogin ? ' login' : ''}: ${evidence}`,
  );
}

const head = "import Fastify from 'fastify';\nimport jwt from 'jsonwebtoken';\nconst app = Fastify();\n";

describe('findTokenlessRoutes', () => {
  it('knows Better Auth that a plugin decorates the instance with', () => {
    const app = `${head}app.all('/api/auth/*', async (request, reply) => reply.send(await app.auth.handler(request)));\n`;
    const plugin = `import { betterAuth } from 'better-auth';\nimport fp from 'fastify-plugin';
      export default fp(async (app) => { const auth = betterAuth({}); app.decorate('auth', auth); });`;
    expect(tokenless({ 'src/app.ts': app, 'src/plugin.ts': plugin })).toEqual([
      '* /api/auth/*: its handler is that of Better Auth at src/app.ts:4',
    ]);
    // What is called so and is made otherwise.
    const other = plugin.replace("from 'better-auth'", "from './other.js'");
    expect(tokenless({ 'src/app.ts': app, 'src/plugin.ts': other })).toEqual([]);
  });

  it('names a route that starts a login, and opens it no more than its neighbours', () => {
    const app = `${head}
      app.get('/auth/google', async (request, reply) => reply.redirect(url));
      app.get('/auth/google/callback', async () => jwt.sign({ sub: user.id }, 'x'));
      app.get('/link/google', async (request) => link(request.user));
      app.get('/link/google/callback', async () => jwt.sign({ sub: user.id }, 'x'));
      app.get('/auth', async () => 'none');`;
    expect(tokenless({ 'src/app.ts': app }).filter((line) => line.includes('starts there'))).toEqual([
      'GET /auth/google: the login that ends at GET /auth/google/callback starts there',
      'GET /link/google: the login that ends at GET /link/google/callback starts there',
    ]);
  });

  it('follows what a function makes', () => {
    const app = `${head}import { makeSignIn } from './make.js';
      app.post('/sign-in', async (request, reply) => { const signIn = makeSignIn(reply); return signIn.execute(request.body); });`;
    const make = `import jwt from 'jsonwebtoken';
      class SignIn { async execute(body) { return jwt.sign({ sub: body.id }, 'x'); } }
      export function makeSignIn(reply) { const made = new SignIn(reply); return made; }`;
    expect(tokenless({ 'src/app.ts': app, 'src/make.ts': make })).toEqual([
      'POST /sign-in login: its handler signs a token at src/make.ts:2',
    ]);
  });

  it('follows a service that is injected by its interface, where one class implements it', () => {
    const files = {
      'src/app.ts': `${head}import { loginRoute } from './login.js';\nloginRoute(app, service);`,
      'src/login.ts': `import type { Auth } from './auth.js';
        export function loginRoute(app: FastifyInstance, auth: Auth) {
          app.post('/login', async (request) => auth.login(request.body));
        }`,
      'src/auth.ts': `import type { Tokens } from './ports.js';
        interface Needs { readonly tokens: Tokens }
        export class Auth {
          constructor(private readonly needs: Needs) {}
          async login(body) { return this.needs.tokens.sign(body.id); }
        }`,
      'src/ports.ts': 'export interface Tokens { sign(id: string): Promise<string> }',
      'src/tokens.ts': `import jwt from 'jsonwebtoken';\nimport type { Tokens } from './ports.js';
        export class JwtTokens implements Tokens { async sign(id: string) { return jwt.sign({ sub: id }, 'x'); } }`,
    };
    expect(tokenless(files)).toEqual(['POST /login login: its handler signs a token at src/tokens.ts:3']);
    // Which one runs is not known then.
    const second = {
      'src/fake.ts': "import type { Tokens } from './ports.js';\nexport class Fake implements Tokens {}",
    };
    expect(tokenless({ ...files, ...second })).toEqual([]);
  });
});
