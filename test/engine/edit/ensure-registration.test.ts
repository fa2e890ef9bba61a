import { describe, expect, it } from 'vitest';

import type { Style } from '../../../generators/_engine/model/code-facts.ts';
import type { RegistrationWant } from '../../../generators/_engine/edit/registration-scopes.ts';
import { ensureRegistration } from '../../../generators/_engine/edit/ensure-registration.ts';
import { edited, style } from './edited.ts';
import { obstaclesFrom } from '../refused.ts';

const factory: RegistrationWant['app'] = { kind: 'factory', binding: 'app' };

/**
 * `marked` is the file with what is to be inserted on lines of their own that begin with `+`, or between `«` and `»`.
 */
function expectEdit(marked: string, want: Partial<RegistrationWant>, own: Partial<Style> = {}): void {
  const base = marked.replace(/^\+[^\n]*\n/gm, '').replace(/«.*?»/gs, '');
  const expected = marked.replace(/^\+/gm, '').replace(/[«»]/g, '');
  const whole: RegistrationWant = {
    app: factory,
    plugin: 'ours',
    position: 'routes',
    routePlugins: [],
    ...want,
  };
  expect(edited(base, 'a.ts', (text) => ensureRegistration(text, whole, { ...style, ...own }))).toBe(
    expected,
  );
}

describe('a chain', () => {
  const chained: Partial<RegistrationWant> = { app: { kind: 'factory', binding: 'fastify()' } };
  const want = { ...chained, routePlugins: ['routes'] };

  it('takes a plugin before its routes, in a line of its own', () => {
    expectEdit(
      `export function build() {
  return fastify({ logger: true })
    .register(a, {
      b: 1,
    }) // about a
+    .register(ours)
    .register(routes)
    .get('/', () => 1);
}
`,
      { ...want, position: 'before-routes' },
    );
  });

  it('takes a route plugin after its routes', () => {
    expectEdit(
      `export const app = fastify()
  .withTypeProvider<Zod>()
  .register(a)
  .get('/', () => 1)«
  .register(ours, { prefix: '/x' })»;
`,
      { ...want, options: "prefix: '/x'" },
    );
  });

  it('keeps a chain that is on one line there', () => {
    expectEdit(`export const app = fastify().register(a)«.register(ours)».register(routes);\n`, {
      ...want,
      position: 'before-routes',
    });
    expectEdit(`export const app = fastify().withTypeProvider<Zod>()«.register(ours)»;\n`, want);
  });

  it('is nothing where the instance is made without one', () => {
    const base = 'export const list = [fastify()];\n';
    const whole: RegistrationWant = {
      app: factory,
      plugin: 'ours',
      position: 'routes',
      routePlugins: [],
      ...chained,
    };
    expect(obstaclesFrom(() => ensureRegistration(base, whole, style))).toMatchObject([
      { code: 'E_NO_REGISTRATION_PLACE' },
    ]);
  });
});

describe('a factory', () => {
  it('takes plugins where the instance is a parameter that is made by default', () => {
    expectEdit(
      `export function build(app = fastify()) {
  app.register(a);
+  app.register(ours);

  return app;
}

export const app = build();
`,
      {},
    );
  });

  it('takes a route plugin after the last one, options and await as the siblings', () => {
    expectEdit(
      `export async function build(): Promise<FastifyInstance> {
  const app = Fastify({ logger: true });

  await app.register(jwtPlugin);
  await app.register(healthRoutes);
  await app.register(authRoutes, { prefix: '/auth' }); // last
+  await app.register(ours, { prefix: '/x' });

  return app;
}
`,
      { options: "prefix: '/x'", routePlugins: ['authRoutes'] },
    );
  });

  it('takes a plugin before the routes, after the other plugins', () => {
    expectEdit(
      `export async function build() {
  const app = Fastify();

  await app.register(database, {
    url,
  });
+
+  await app.register(ours);

  // Routes
  await app.register(healthRoutes);
  await app.register(late);
  return app;
}
`,
      { position: 'before-routes' },
    );
  });

  it('knows routes by their names when nothing else tells', () => {
    expectEdit(
      `function build() {
  const app = fastify();
  app.register(cors);
+  app.register(ours);
  app.register(things);
  return app;
}
`,
      { position: 'before-routes', routePlugins: ['things'] },
    );
  });

  it('takes the first registration of all, above the return', () => {
    expectEdit(
      `const build = () => {
  const app = fastify()
  app.decorate('a', 1)
+  app.register(ours)

  return { app }
}
`,
      {},
      { semicolons: false },
    );
  });

  it('stays out of branches', () => {
    expectEdit(
      `function build() {
  const app = fastify();
  if (dev) {
    app.register(docsRoutes);
  }
+
+  app.register(ours);
  return app;
}
`,
      {},
    );
  });

  it('goes beside chains, loops and plain calls', () => {
    const rest = (line: string): string =>
      `async function build() {\n  const app = fastify();\n  ${line}\n+  app.register(ours);\n  return app;\n}\n`;
    expectEdit(rest('app.register(a).register(b);'), {});
    expectEdit(rest('registerUserRoutes(app, deps);'), {});
    expectEdit(rest('for (const route of routes) app.register(route);'), {});
    expectEdit(rest("app.register(import('./routes/a.js'));"), {});
    expectEdit(rest('app.register(a as unknown as FastifyPluginCallback);'), {});
  });

  it.each([
    ['for (const { plugin, options } of all) await app.register(plugin, options);', ''],
    ['all.forEach((plugin) => {\n    app.register(plugin);\n  });', ''],
    ['await Promise.all(all.map((plugin) => app.register(plugin)));', 'await '],
  ])('guards what a loop registers: it may hold routes: %s', (loop, awaits) => {
    expectEdit(
      `export async function build() {
  const app = fastify();
  await app.register(a);
+  ${awaits}app.register(ours);
  ${loop}
  return app;
}
`,
      { position: 'before-routes' },
    );
  });

  it('goes into the callback of after() when the routes are there', () => {
    expectEdit(
      `function build() {
  const app = fastify();
  app.register(redis);
  app.after(() => {
    app.register(userRoutes);
+    app.register(ours);
  });
  return app;
}
`,
      {},
    );
  });
});

describe('a main function', () => {
  it('registers before it listens, in tabs and CRLF, with void', () => {
    const text = `async function main() {
\tconst server = Fastify()
\tserver.get('/health', async () => 'ok')
\tvoid server.register(userRoutes)
+\tvoid server.register(ours)
\tawait server.listen({ port })
}
main().catch(console.error)
`;
    expectEdit(
      text.replaceAll('\n', '\r\n'),
      { app: { kind: 'main', binding: 'server' } },
      { semicolons: false, eol: '\r\n' },
    );
  });

  it('puts a guard above inline routes, with their comments', () => {
    expectEdit(
      `async function main() {
    const server = Fastify({ logger: true });
+
+    await server.register(ours);

    // Health
    server.get("/health", async () => ({ status: "ok" }));

    await server.register(authRoutes, { prefix: "/auth" });
    await server.listen({ port });
}
`,
      { app: { kind: 'main', binding: 'server' }, position: 'before-routes' },
    );
  });

  it('registers before it listens also when nothing is registered, or all of it comes too late', () => {
    const app = { kind: 'main', binding: 'app' } as const;
    expectEdit(
      'async function main() {\n  const app = fastify();\n+\n+  app.register(ours);\n  await app.listen();\n}\n',
      { app },
    );
    expectEdit(
      'async function main() {\n  const app = fastify();\n+\n+  app.register(ours);\n  await app.ready();\n  app.register(userRoutes);\n}\n',
      { app },
    );
  });

  it('goes into the try block where the siblings are', () => {
    expectEdit(
      `const app = fastify();
const start = async () => {
  try {
    await app.register(userRoutes);
+    await app.register(ours);
    await app.listen({ port });
  } catch (error) {
    process.exit(1);
  }
};
start();
`,
      { app: { kind: 'singleton', binding: 'app' } },
    );
  });
});

describe('a singleton', () => {
  it('registers at module level', () => {
    expectEdit(
      `import Fastify from 'fastify';
export const app = Fastify();

app.register(healthRoutes);
app.register(productRoutes, { prefix: '/products' });
+app.register(ours);

await app.ready();
`,
      { app: { kind: 'singleton', binding: 'app' } },
    );
  });

  it('is not confused by a parameter of the same name', () => {
    expectEdit(
      `const app = Fastify();
app.register(async (app) => {
  app.register(innerRoutes);
});
+
+app.register(ours);
export default app;
`,
      { app: { kind: 'singleton', binding: 'app' } },
    );
  });
});

describe('other shapes', () => {
  it('a plugin: autoloaded routes are routes', () => {
    expectEdit(
      `const app: FastifyPluginAsync = async (fastify, opts) => {
\t// Plugins
\tawait fastify.register(autoload, {
\t\tdir: join(here, 'plugins'),
\t})
+
+\tawait fastify.register(ours)

\t// Routes
\tawait fastify.register(autoload, {
\t\tdir: join(here, 'routes'),
\t})
}

export default app
`,
      { app: { kind: 'plugin', binding: 'fastify' }, position: 'before-routes' },
      { semicolons: false, indent: '\t' },
    );
  });

  it('a class', () => {
    expectEdit(
      `class Server {
  #app = fastify();
  setUp() {
    this.#app.register(cors);
    this.#app.register(userRoutes);
+    this.#app.register(ours);
    return this;
  }
}
`,
      { app: { kind: 'class', binding: 'this.#app' } },
    );
  });

  it('a class, in no method that registers what it is given', () => {
    expectEdit(
      `class Server {
  constructor() {
    this.app = fastify();
    this.app.register(cors);
+    this.app.register(ours);
  }
  load(plugin: Plugin) {
    this.app.register(plugin);
  }
  loadRoutes(routes: Plugin, prefix: string) {
    this.app.register(routes, { prefix });
  }
}
`,
      { app: { kind: 'class', binding: 'this.app' } },
    );
  });

  it.each([
    ['one of several results', 'const { app, stop } = await setup();', 'app'],
    ['a field of a result', 'const server = new Server();', 'server.fastify'],
  ])('%s', (_what, made, binding) => {
    expectEdit(
      `export async function build() {
  ${made}
  await ${binding}.register(cors);
+  await ${binding}.register(ours);
  await ${binding}.register(userRoutes);
  return done;
}
`,
      { app: { kind: 'main', binding }, position: 'before-routes', routePlugins: ['userRoutes'] },
    );
  });

  it('an instance that another file made, in a function', () => {
    expectEdit(
      `import { app } from './app.js';
async function start() {
  await connect();
  await app.register(cors);
+  await app.register(ours);
  await app.register(userRoutes);
  await app.listen({ port: 1 });
}
start();
`,
      {
        app: { kind: 'singleton', binding: 'app' },
        position: 'before-routes',
        routePlugins: ['userRoutes'],
      },
    );
  });

  it('a helper that takes the instance', () => {
    expectEdit(
      `export function registerAll(app: FastifyInstance): void {
  app.register(userRoutes);
+  app.register(ours);
}
`,
      {},
    );
  });

  it('everything on one line', () => {
    expectEdit(
      'function build() { const app = fastify(); app.register(a);« app.register(ours);» return app; }\n',
      {},
    );
  });
});

describe('nothing to do, or no place', () => {
  const want: RegistrationWant = {
    app: factory,
    plugin: 'ours',
    position: 'routes',
    routePlugins: [],
    options: 'a',
  };

  it.each([
    ['app.register(ours);'],
    ['app.register(a).register(ours, { b });'],
    ['server.register(ours as Plugin);'],
  ])('sees %s', (line) => {
    const { app, plugin, position, routePlugins } = want;
    const bare = { app, plugin, position, routePlugins };
    expect(ensureRegistration(`const app = fastify();\n${line}\n`, bare, style)).toEqual([]);
  });

  it('adds the options that a registration lacks, and keeps those that it has', () => {
    expectEdit('const app = fastify();\napp.register(ours«, { list: [1] }»);\n', { options: 'list: [1]' });
    const changed = 'const app = fastify();\napp.register(ours, { list: [2], other: true });\n';
    expect(ensureRegistration(changed, { ...want, options: 'list: [1]' }, style)).toEqual([]);
  });

  it('refuses where options are there without the one that is wanted', () => {
    const other = 'const app = fastify();\napp.register(ours, { other: true });\n';
    const wanted = { ...want, options: 'list: [1]' };
    expect(obstaclesFrom(() => ensureRegistration(other, wanted, style))).toMatchObject([
      { code: 'E_NO_REGISTRATION_PLACE', manual: 'app.register(ours, { list: [1] });' },
    ]);
  });

  it('says where it looked and what to write', () => {
    expect(obstaclesFrom(() => ensureRegistration('export const a = 1;\n', want, style))).toMatchObject([
      {
        code: 'E_NO_REGISTRATION_PLACE',
        message: expect.stringContaining('nothing declares app') as string,
        remedy: expect.stringContaining('by hand') as string,
        manual: 'app.register(ours, { a });',
      },
    ]);
  });
});

describe('a field of a class that may be null', () => {
  const want: Partial<RegistrationWant> = {
    app: { kind: 'class', binding: 'this.app' },
    position: 'before-routes',
  };
  const inClass = (body: string): string => `class Server {
  app: FastifyInstance | null = null;
  load() {
${body}
  }
}
`;

  it('is asked for after a check that does not reach the new line', () => {
    expectEdit(
      inClass('    if (this.app) {\n      this.app.register(a);\n    }\n+\n+    this.app?.register(ours);'),
      want,
    );
  });

  it('is used as its neighbours use it', () => {
    expectEdit(
      inClass('    this.app = fastify();\n    this.app.register(a);\n+    this.app.register(ours);'),
      want,
    );
  });
});
