import { describe, expect, it } from 'vitest';

import { manifest, serviceOf } from '../service-of.ts';

const head = "import Fastify from 'fastify';\nimport fp from 'fastify-plugin';\n";
const plugin = (name: string, url: string): string =>
  `export async function ${name}(app: FastifyInstance) { app.get('${url}', h); }`;

function routesOf(files: Record<string, string>): readonly string[] {
  return serviceOf(files).routes.map(
    ({ kind, name, routes }) =>
      `${kind} ${name} ${routes.map(({ method, url }) => `${method} ${url}`).join(', ')}`,
  );
}

describe('routePluginsOf', () => {
  it('lists plugins in order, with their prefixes, and leaves out those without routes', () => {
    const app = `${head}import cors from '@fastify/cors';\nimport { users } from './routes';\nimport orders from './orders.js';
      const app = Fastify();
      app.register(cors);
      app.get('/health', h);
      app.register(users, { prefix: '/users' }).register(orders, { prefix: '/orders' });
      app.route({ method: ['GET', 'HEAD'], url: '/ping', handler: h });
      app.register(import('./user-files.js'));`;
    expect(
      routesOf({
        'src/app.ts': app,
        'src/routes/index.ts': "export * from './users';",
        'src/routes/users.ts': plugin('users', '/:id'),
        'src/orders.ts':
          'const orders: FastifyPluginAsync = async (f) => { const t = f.withTypeProvider<Z>(); t.post("/", {}, h); };\nexport default orders;',
        'src/user-files.ts': 'export default async (f) => { f.delete(`/files/${id}`, h); };',
      }),
    ).toEqual([
      'inline inline GET /health, GET /ping, HEAD /ping',
      'plugin users GET /users/:id',
      'plugin orders POST /orders',
      'plugin userFiles DELETE /*',
    ]);
  });

  it('knows that fastify-plugin ignores the prefix, and helper calls', () => {
    const app = `${head}import shared from './shared';\nimport { registerUsers } from './users';\nconst app = Fastify();\napp.register(shared, { prefix: '/x' });\nregisterUsers(app, db);`;
    expect(
      routesOf({
        'src/app.ts': app,
        'src/shared.ts':
          "import fp from 'fastify-plugin';\nexport default fp(async (app) => { app.get('/shared', h); });",
        'src/users.ts': plugin('registerUsers', '/users'),
      }),
    ).toEqual(['shared shared GET /shared', 'shared registerUsers GET /users']);
  });

  it('reads prefixes that a loop, or the options of the plugin around them, put together', () => {
    const users = "export async function users(app) { app.get('/:id', h); }";
    const app = `${head}import { users } from './users';\nimport { auth } from './auth';\nimport { files } from './files';
      const app = Fastify();
      const all = [{ plugin: users, name: 'users' }, { plugin: users, name: 'people' }];
      for (const one of all) app.register(one.plugin, { prefix: \`api/\${one.name}\` });
      app.register(auth, { prefix: '/api/auth' });
      app.register(auth);
      app.register(files, { base: '/v2' });`;
    expect(
      routesOf({
        'src/app.ts': app,
        'src/users.ts': users,
        'src/auth.ts': `import fp from 'fastify-plugin';\nimport { users } from './users';
          export const auth = fp(async (f, opts) => { f.register(users, { prefix: opts.prefix ?? '/auth' }); });`,
        'src/files.ts': `import { users } from './users';
          export async function files(f, { base, name = 'files' }) { f.register(users, { prefix: base + '/' + name }); }`,
      }).filter((line) => line.includes(' users ') || line.includes(' one.plugin ')),
    ).toEqual([
      'plugin users GET /api/users/:id',
      'plugin users GET /api/people/:id',
      'plugin users GET /api/auth/:id',
      'plugin users GET /auth/:id',
      'plugin users GET /v2/files/:id',
    ]);
  });

  it('takes no prefix that it cannot read for none', () => {
    const users = "export async function users(app) { app.get('/:id', h); }";
    const app = `${head}import { users } from './users';\nimport { modules } from './modules';
      const app = Fastify();
      const options = { prefix: '/known' };
      app.register(users, options);
      app.register(users, optionsFor('/unknown'));
      app.register(modules, { prefix: '/handed' });`;
    const modules = `import fp from 'fastify-plugin';\nimport { users } from './users';
      export const modules = fp(async (f, options) => { f.register(users, options); });`;
    expect(
      routesOf({ 'src/app.ts': app, 'src/users.ts': users, 'src/modules.ts': modules }).filter((line) =>
        line.includes(' users '),
      ),
    ).toEqual(['plugin users GET /known/:id', 'plugin users GET /*/:id', 'plugin users GET /handed/:id']);
  });

  it('goes into plugins that register others, and into functions that make plugins', () => {
    const app = `${head}import { api } from './api';\nconst app = Fastify();\napp.register(api, { prefix: '/api' });`;
    expect(
      routesOf({
        'src/app.ts': app,
        'src/api.ts':
          "import { users } from './users';\nexport const api = async (app) => { app.register(users(db), { prefix: '/users' }); };",
        'src/users.ts': "export const users = (db) => async (app) => { app.get('/', h); };",
      }),
    ).toEqual(['plugin api GET /api/users', 'plugin users GET /api/users']);
  });

  it('follows the instance into the classes that are made with it', () => {
    const app = `${head}import { Users } from './users';\nimport { Orders } from './orders';\nconst app = Fastify();
      app.register((server, _, done) => { new Users(server).handleRoutes(); done(); }, { prefix: '/users' });
      app.register(async (f) => { const orders = new Orders(db, f); orders.init(); }, { prefix: '/orders' });
      app.register(async (f) => { new Map(f); new Orders(f, db); });`;
    expect(
      routesOf({
        'src/app.ts': app,
        'src/users.ts': `export class Users {
          readonly #server: FastifyInstance;
          constructor(server: FastifyInstance) { this.#server = server; server.get('/made', h); }
          handleRoutes() { this.#server.post('/', this.add.bind(this)); this.#server.register(more, { prefix: '/more' }); other.get('/none', h); }
        }
        const more = async (app) => { app.get('/', h); };`,
        'src/orders.ts': `export class Orders {
          constructor(db: Db);
          constructor(private readonly db: Db, private readonly app?: FastifyInstance) {}
          init() { this.app.get('/', h); this.db.get('/none', h); }
        }`,
      }).map((line) => line.replace(/^plugin \S+ /, '')),
    ).toEqual([
      'GET /users/made, POST /users, GET /users/more',
      'GET /users/more',
      'GET /orders',
      'GET /none',
    ]);
  });

  it('knows the routes of a proxy, so that the plugin around it can be chosen', () => {
    const app = `${head}import { upstreams } from './upstreams';\nconst app = Fastify();\napp.register(upstreams);`;
    const upstreams = (options: string): string =>
      `import proxy from '@fastify/http-proxy';\nexport async function upstreams(app: FastifyInstance) { await app.register(proxy, ${options}); }`;
    const listed = (options: string): string | undefined =>
      routesOf({ 'src/app.ts': app, 'src/upstreams.ts': upstreams(options) })[0];
    expect(listed("{ upstream: 'http://orders:3000', prefix: '/orders' }")).toBe(
      'plugin upstreams * /orders/*',
    );
    expect(listed('{ upstream }')).toBe('plugin upstreams * /*');
    expect(listed('{ ...options }')).toBe('plugin upstreams * /*');
  });

  it('asks the container for plugins that come by a parameter', () => {
    const files = {
      'src/server.ts': `${head}export class Server {
        constructor({ userRoutes, orderRoutes, none }: Deps, cradle: Deps) {
          this.app = Fastify();
          this.app.register(userRoutes, { prefix: '/users' });
          this.app.register(orderRoutes, { prefix: '/orders' });
          this.app.register(cradle.itemRoutes, { prefix: '/items' });
          this.app.register(none);
        }
      }`,
      'src/container.ts': `import { asFunction, asValue, createContainer } from 'awilix';
        import { makeUserRoutes } from './users.js';
        import { orderRoutes } from './orders.js';
        const other = { userRoutes: mine(makeUserRoutes), orderRoutes: 1 };
        export const container = createContainer().register({
          userRoutes: asFunction(makeUserRoutes).singleton(), orderRoutes: asValue(orderRoutes), itemRoutes: asValue(orderRoutes),
        });`,
      'src/users.ts':
        "export function makeUserRoutes({ users }) { return async (app) => { app.get('/:id', h); }; }",
      'src/orders.ts': plugin('orderRoutes', '/'),
    };
    expect(routesOf(files)).toEqual([
      'plugin userRoutes GET /users/:id',
      'plugin orderRoutes GET /orders',
      'plugin cradle.itemRoutes GET /items',
    ]);
    expect(
      serviceOf(files).routes.map(({ exportedAs, file }) => `${String(file)} ${String(exportedAs)}`),
    ).toEqual(['src/users.ts makeUserRoutes', 'src/orders.ts orderRoutes', 'src/orders.ts orderRoutes']);
    const started = serviceOf({
      ...files,
      'package.json': manifest({}, { scripts: { seed: 'tsx src/a-seed.ts', start: 'tsx src/main.ts' } }),
      'src/a-seed.ts': "import { orderRoutes } from './orders.js';",
      'src/container.ts': `${files['src/container.ts']}\nimport { Server } from './server.js';`,
      'src/main.ts': "import { container } from './container.js';\ncontainer.resolve('server').listen();",
      'src/server.ts': files['src/server.ts'].replace(/\}$/, 'listen() { this.app.listen({ port: 1 }); } }'),
    });
    expect(started.app.entry).toBe('src/main.ts');
    const without = {
      ...files,
      'src/container.ts': files['src/container.ts'].replace("'awilix'", "'other'"),
    };
    expect(routesOf(without)).toEqual([]);
  });

  it('is not misled by a shadowed instance name', () => {
    const app = `${head}const server = Fastify();\nserver.register((server, _, done) => { server.get('/in', h); done(); }, { prefix: '/auth' });`;
    expect(routesOf({ 'src/app.ts': app })).toEqual(['plugin auth GET /auth/in']);
  });

  it('tells what the plugin is called in its own file', () => {
    const app = `${head}import users from './users';\nconst app = Fastify();\napp.register(users);`;
    const [users] = serviceOf({
      'src/app.ts': app,
      'src/users.ts': "export default async function routes(f) { f.get('/', h); }",
    }).routes;
    expect(users).toMatchObject({ name: 'users', exportedAs: 'default', file: 'src/users.ts' });
  });

  it('puts autoloaded files where autoload does', () => {
    const app = `${head}import AutoLoad from '@fastify/autoload';\nimport { join } from 'node:path';
      export async function build() { const app = Fastify();
        app.register(AutoLoad, { dir: join(import.meta.dirname, 'routes'), routeParams: true, options: { prefix: '/api' }, ignorePattern: /helper/ });
        return app; }`;
    const file = (url: string): string => `export default async (f) => { f.get('${url}', h); };`;
    const service = serviceOf({
      'package.json': manifest({ '@fastify/autoload': '6' }),
      'src/app.ts': app,
      'src/routes/root.ts': file('/'),
      'src/routes/users/index.ts': file('/'),
      'src/routes/users/hidden.ts': file('/hidden'),
      'src/routes/users/autohooks.ts': file('/no'),
      'src/routes/users/_id/posts.ts': `${file('/posts')}\nexport const autoPrefix = '/v1';`,
      'src/routes/helper.ts': file('/helper'),
    });
    expect(service.app.autoload).toEqual([
      {
        ...{ dir: 'src/routes', holds: 'routes', dirNameRoutePrefix: true, autoHooks: false, prefix: '/api' },
        loads: ['src/routes/root.ts', 'src/routes/users/index.ts', 'src/routes/users/_id/posts.ts'],
      },
    ]);
    expect(service.routes.map(({ name, routes }) => [name, routes[0]?.url])).toEqual([
      ['root', '/api'],
      ['users', '/api/users'],
      ['users/_id/posts', '/api/users/:id/v1/posts'],
    ]);
  });

  it('finds autoload in a function that the instance is handed to', () => {
    const service = serviceOf({
      'package.json': manifest({ '@fastify/autoload': '6' }),
      'src/main.ts': `${head}import { setUp } from './set-up.js';\nconst app = Fastify();\nawait setUp(app);`,
      'src/set-up.ts':
        "import AutoLoad from '@fastify/autoload';\nimport path from 'node:path';\nexport async function setUp(f) { await f.register(AutoLoad, { dir: path.join(import.meta.dirname, 'modules'), dirNameRoutePrefix: false }); }",
      'src/modules/users/users.ts': "export default async (f) => { f.get('/users', h); };",
    });
    expect(service.app).toMatchObject({
      file: 'src/main.ts',
      autoload: [{ dir: 'src/modules', dirNameRoutePrefix: false }],
    });
    expect(service.routes.map(({ name, routes }) => [name, routes[0]?.url])).toEqual([
      ['users/users', '/users'],
    ]);
  });

  it('knows both plugins of a choice, and those of a list in a class', () => {
    const app = `${head}import { a, b } from './routes.js';
      class Server {
        readonly #app = Fastify();
        readonly #plugins = [{ plugin: a, options: { prefix: '/a' } }];
        build() {
          for (const { plugin, options } of this.#plugins) this.#app.register(plugin, options);
          this.#app.register(process.env.OLD ? a : b, { prefix: '/c' });
          return this.#app;
        }
      }
      export const build = () => new Server().build();`;
    const routes = `${plugin('a', '/')}\n${plugin('b', '/')}`;
    expect(routesOf({ 'src/app.ts': app, 'src/routes.ts': routes })).toEqual([
      'plugin a GET /a',
      'plugin a GET /c',
      'plugin b GET /c',
    ]);
  });
});
