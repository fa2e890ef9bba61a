import { describe, expect, it } from 'vitest';

import { generator as circuitBreaker } from '../../../../generators/add-circuit-breaker/index.ts';
import { generator as serviceClient } from '../../../../generators/add-service-client/index.ts';
import { toRel } from '../../../../generators/_engine/model/paths.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { refusalOf, manifest, serviceOf } from '../service-of.ts';

const fastify = "import Fastify from 'fastify';\n";

describe('surveyInstance', () => {
  it('is asked for only where something is registered', async () => {
    const files = { 'package.json': manifest(), 'src/jobs.ts': 'export const jobs = [];\n' };
    expect(refusalOf(files)).toEqual(['E_NO_INSTANCE']);
    const plans = {
      'src/utils/circuit-breaker.ts': circuitBreaker,
      'src/utils/service-client.ts': serviceClient,
    };
    for (const [path, generator] of Object.entries(plans)) {
      const root = toRel('.');
      const answers = { target: root, targets: [root], with: [], without: [], transport: 'undici' } as const;
      const { edits } = await generator.plan(answers, memoryRepo(files));
      expect(edits.map((edit) => edit.path)).toContain(path);
    }
  });

  it.each([
    ['const app = Fastify();\napp.register(x);', fastify],
    [
      'const app = fastify<Server>({ logger: true });\napp.register(x);',
      "import { fastify } from 'fastify';\n",
    ],
    ['const app = make.default();\napp.register(x);', "import make from 'fastify';\n"],
    ["const app = require('fastify')();\napp.register(x);", ''],
    [
      'const app = Fastify().withTypeProvider<Zod>();\napp.register(x);',
      "import { fastify as Fastify } from 'fastify';\n",
    ],
    ['const app = F.fastify();\napp.register(x);', "import * as F from 'fastify';\n"],
  ])('finds %j', (code, imports) => {
    const { app } = serviceOf({ 'src/app.ts': `${imports}${code}` });
    expect(app).toMatchObject({ file: 'src/app.ts', kind: 'singleton', binding: 'app' });
  });

  it.each([
    ['the exported plugin beside it, which others start too', 'export default app;', 'plugin', 'instance'],
    ['the instance where nobody else can start the plugin', '', 'singleton', 'server'],
  ])('takes, in a file that serves itself when it is run, %s', (_, exported, kind, binding) => {
    const { app } = serviceOf({
      'src/main.ts': `${fastify}const app = async (instance) => { instance.get('/things', h); };
${exported}
if (isMain) {
  const server = Fastify();
  await server.register(app);
  await server.listen({ port: 3000 });
}`,
    });
    expect(app).toMatchObject({ kind, binding, listen: { defaultPort: 3000 } });
  });

  it('tells a factory, how to call it and what it wants', () => {
    const { app } = serviceOf({
      'src/app.ts': `${fastify}export const build = async (config: Config, options = {}, more?: X) => { const server = Fastify(); server.register(x); return server; };`,
      'src/index.ts':
        "import { build } from './app';\nconst { PORT = 3000 } = process.env;\nbuild({}).then((app) => app.listen({ port: Number(PORT) }));",
    });
    expect(app).toMatchObject({
      kind: 'factory',
      binding: 'server',
      entry: 'src/index.ts',
      listen: { portEnv: 'PORT', defaultPort: 3000 },
    });
    expect(app.importable).toEqual({
      name: 'build',
      export: 'named',
      shape: 'factory',
      async: true,
      requiredParameters: ['config: Config'],
    });
  });

  it('does not offer what listens on import, but what a main guard keeps from listening', () => {
    const code = (start: string): string =>
      `${fastify}export function build() { const app = Fastify(); app.register(x); return app; }\nasync function start() { await build().listen({ port: 1 }); }\n${start}`;
    expect(serviceOf({ 'src/app.ts': code('start();') }).app.importable).toBeUndefined();
    expect(serviceOf({ 'src/app.ts': code('void start().catch(fail);') }).app.importable).toBeUndefined();
    expect(
      serviceOf({ 'src/app.ts': code('if (require.main === module) start();') }).app.importable?.name,
    ).toBe('build');
  });

  it.each([
    ['made by default', 'export function build(app = Fastify()) { app.register(x); return app; }', 'app'],
    [
      'made in one of two ways',
      'export function build(): I { const app = (key ? Fastify({ https: { key } }) : Fastify()) as I; app.register(x); return app; }',
      'app',
    ],
    [
      'given or made',
      'export function build(own?: I) { const app = own ?? Fastify(); app.register(x); return app; }',
      'app',
    ],
    ['chained on', 'export function build() { return Fastify().register(x).get("/", y); }', 'Fastify()'],
    [
      'chained on when it is made',
      'export function build() { const app = Fastify().register(x); return app; }',
      'Fastify()',
    ],
    [
      'chained on and used',
      'export function build() { const app = Fastify().register(x); app.register(y); return app; }',
      'app',
    ],
  ])('finds an instance that is %s', (_how, code, binding) => {
    const { app } = serviceOf({ 'src/app.ts': `${fastify}${code}` });
    expect(app).toMatchObject({ file: 'src/app.ts', kind: 'factory', binding });
    expect(app.importable).toMatchObject({ name: 'build', requiredParameters: [] });
  });

  it('takes the instance with plugins of its own, not one of a script that signs a token', () => {
    const { app } = serviceOf({
      'src/app.ts': `${fastify}import { routes } from './routes';
export function build() { const app = Fastify(); app.register(routes); return app; }`,
      'src/routes.ts': 'export async function routes(app) { app.get("/", x); }',
      'src/dev-token.ts': `${fastify}import jwt from '@fastify/jwt';
export async function token() { const app = Fastify(); await app.register(jwt); return app.jwt.sign({}); }`,
    });
    expect(app.file).toBe('src/app.ts');
  });

  it('finds a field of a class', () => {
    const { app } = serviceOf({
      'src/server.ts': `${fastify}export class Server { #app = Fastify(); start() { this.#app.register(x); return this.#app.listen({ port: 3000 }); } }`,
      'src/index.ts': "import { Server } from './server';\nnew Server().start();",
    });
    expect(app).toMatchObject({
      kind: 'class',
      binding: 'this.#app',
      entry: 'src/index.ts',
      listen: { defaultPort: 3000 },
    });
  });

  it('follows an instance that another file made', () => {
    const { app } = serviceOf({
      'src/create.ts': `${fastify}export function create() { return Fastify(); }`,
      'src/main.ts':
        "import { create } from './create.js';\nasync function main() { const app = create(); app.register(x); await app.listen({ port: 1 }); }\nmain();",
    });
    expect(app).toMatchObject({ kind: 'main', file: 'src/main.ts', binding: 'app', entry: 'src/main.ts' });
  });

  it.each([
    [
      'a function gives',
      "import { createServer } from '@acme/server';\nconst config = { port: Number(process.env.USERS_PORT ?? 3002) };\nasync function start() { const app = await createServer(config); await userRoutes(app); await serve(app); }\nstart();",
      { binding: 'app', kind: 'main', listen: { portEnv: 'USERS_PORT', defaultPort: 3002 } },
    ],
    [
      'a function gives among other things',
      "import { setup } from '@acme/server';\nexport async function build() { const { app, stop } = await setup({}); app.register(userRoutes); return app; }",
      { binding: 'app', kind: 'factory' },
    ],
    [
      'a class holds',
      "import { Server } from '@acme/server';\nexport async function build() { const server = new Server(); await server.fastify.register(userRoutes); return server; }",
      { binding: 'server.fastify', kind: 'main' },
    ],
  ])('follows an instance that %s in a package', (_how, code, expected) => {
    const { app, routes } = serviceOf({
      'src/main.ts': `import { userRoutes } from './routes';\n${code}`,
      'src/routes.ts': `import type { FastifyInstance } from 'fastify';
export async function userRoutes(app: FastifyInstance) { app.get('/users', h); }`,
    });
    expect(app).toMatchObject({
      file: 'src/main.ts',
      entry: 'src/main.ts',
      madeBy: '@acme/server',
      ...expected,
    });
    expect(routes.map(({ name }) => name)).toEqual(['userRoutes']);
  });

  it('takes the function that a package is given for its instance', () => {
    const { app, routes } = serviceOf({
      'src/index.ts':
        "import { createService } from '@acme/server';\nimport { setupRoutes } from './routes';\nconst { startServer } = await createService({ name: 'users', setupRoutes });\nstartServer();",
      'src/routes.ts': `import type { FastifyInstance } from 'fastify';
export const setupRoutes = async (app: FastifyInstance) => { app.get('/users', h); };`,
    });
    expect(app).toMatchObject({
      kind: 'plugin',
      file: 'src/routes.ts',
      binding: 'app',
      entry: 'src/index.ts',
      madeBy: '@acme/server',
    });
    expect(routes[0]?.routes.map(({ url }) => url)).toEqual(['/users']);
  });

  it('does not take another object for an instance', () => {
    const router =
      "import { Router } from 'express';\nconst router = Router();\nrouter.register(users);\nrouter.get('/users', h);";
    expect(
      refusalOf({ 'src/app.ts': `${router}\nexport function users(r: Router) { r.get('/', h); }` }),
    ).toEqual(['E_NO_INSTANCE']);
  });

  it('takes the plugin that a server file only registers for the app', () => {
    const { app } = serviceOf({
      'package.json': manifest({ '@fastify/autoload': '^6.0.0' }),
      'src/app.ts':
        "import autoload from '@fastify/autoload';\nimport path from 'path';\nexport default async function app(f, o) { f.register(autoload, { dir: path.join(__dirname, 'routes') }); }",
      'src/server.ts': `${fastify}import fp from 'fastify-plugin';\nimport app from './app';\nconst server = Fastify();\nserver.register(fp(app));\nserver.listen({ port: +(process.env.PORT || 8080) });`,
      'src/routes/users/index.ts':
        "export default async function (f) { f.get('/:id', h); }\nexport const autoPrefix = '/v2';",
    });
    expect(app).toMatchObject({
      kind: 'plugin',
      file: 'src/app.ts',
      binding: 'f',
      entry: 'src/server.ts',
      listen: { portEnv: 'PORT', defaultPort: 8080 },
    });
  });

  it('reads routes of a folder that is autoloaded without contexts at their own URL, as shared', () => {
    const { routes } = serviceOf({
      'package.json': manifest({ '@fastify/autoload': '^6.0.0' }),
      'src/app.ts': `${fastify}import autoload from '@fastify/autoload';\nimport { join } from 'node:path';\nconst app = Fastify();\napp.register(autoload, { dir: join(__dirname, 'routes'), encapsulate: false });`,
      'src/routes/users/index.ts': "export default async function (f) { f.get('/all', h); }",
    });
    expect(routes.map(({ kind, routes: own }) => [kind, own[0]?.url])).toEqual([['shared', '/all']]);
  });

  it('reads routes of classes and of controllers that are given the instance', () => {
    const { routes } = serviceOf({
      'src/app.ts': `${fastify}import * as health from './health';\nimport { Orders } from './orders';\nimport { Users } from './users';\nconst app = Fastify();\nnew Orders(app);\nconst users: Users = new Users();\nusers.register(app);\nhealth.register(app);`,
      'src/orders.ts': 'export class Orders { constructor(app) { app.get("/orders", h); } }',
      'src/users.ts':
        'export class Users extends Base { register(app) { this.more(app); } more(app) { app.get("/users", h); } }',
      'src/health.ts': 'export const register = (app) => { app.get("/health", h); };',
    });
    // What a controller registers by a method of its own is found in both.
    const urls = new Set(routes.flatMap((one) => one.routes.map(({ url }) => url)));
    expect([...urls]).toEqual(['/orders', '/users', '/health']);
  });

  it.each([
    ['config', '', 'export const register = (app) => app.register(env, { schema });'],
    ['settings', '', "export const register = (app) => app.register(env, { schema, confKey: 'settings' });"],
    ['config', ' default: 80,', 'export default env;\nexport const autoConfig = { schema };'],
  ])('reads the default of a port that @fastify/env decorates as %s', (key, other, use) => {
    const { app } = serviceOf({
      'package.json': manifest({ '@fastify/env': '^5.0.0' }),
      'src/app.ts': `${fastify}export const build = () => { const app = Fastify(); app.register(x); return app; };`,
      'src/env.ts': `import env from '@fastify/env';\nconst schema = { type: 'object', properties: { PORT: { type: 'number', default: 4431 }, OTHER: {${other} type: 'number' } } };\n${use}`,
      'src/server.ts': `import { build } from './app';\nconst app = await build();\nawait app.listen({ port: app.${key}.PORT });`,
    });
    expect(app.listen).toEqual({ portEnv: 'PORT', defaultPort: 4431 });
  });

  it('takes no default from a decorator that @fastify/env does not make', () => {
    const { app } = serviceOf({
      'package.json': manifest({ '@fastify/env': '^5.0.0' }),
      'src/app.ts': `${fastify}import env from '@fastify/env';\nconst app = Fastify();\napp.register(env, { confKey: 'env', schema: { properties: { PORT: { default: 4431 } } } });\napp.listen({ port: app.config.PORT });`,
    });
    expect(app.listen).toEqual({ portEnv: 'PORT' });
  });

  it('refuses two applications, none, and one without a name', () => {
    const one = `${fastify}export function build() { const app = Fastify(); app.register(x); return app; }`;
    expect(refusalOf({ 'src/a.ts': one, 'src/b.ts': one })).toEqual(['E_AMBIGUOUS_INSTANCE']);
    expect(refusalOf({ 'src/a.ts': 'export const x = 1;' })).toEqual(['E_NO_INSTANCE']);
    expect(refusalOf({ 'src/a.ts': `${fastify}export const a = [Fastify()];` })).toEqual([
      'E_NO_REGISTRATION_PLACE',
    ]);
  });

  it('refuses what cannot be served at all', () => {
    expect(refusalOf({ 'src/a.js': 'fastify()' })).toEqual(['E_JAVASCRIPT_ONLY']);
    expect(refusalOf({ 'src/a.ts': `${fastify}const app = Fastify(;\n` })).toEqual(['E_SYNTAX']);
    expect(
      refusalOf({ 'src/a.ts': `${fastify}<<<<<<< HEAD\nconst a = 1;\n=======\nconst a = 2;\n>>>>>>> b\n` }),
    ).toEqual(['E_MERGE_MARKERS']);
    expect(refusalOf({ 'package.json': manifest({ '@nestjs/core': '11' }), 'src/a.ts': fastify })).toEqual([
      'E_UNSUPPORTED_FRAMEWORK',
    ]);
  });
});
