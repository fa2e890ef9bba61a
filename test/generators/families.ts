/** Ways in which real services are put together: the billing-service of the baseline, written like each of them. */
export interface Family {
  readonly name: string;
  /** Files of `services/billing-service`; undefined for one that goes. */
  readonly files: Readonly<Record<string, string | undefined>>;
}

const imports = [
  "import Fastify, { type FastifyInstance } from 'fastify';",
  "import { healthRoutes } from './routes/health.routes.js';",
  "import { invoicesRoutes } from './routes/invoices.routes.js';",
  '',
  'export interface AppOptions {',
  '  logger?: boolean;',
  '}',
  '',
  '',
].join('\n');

/** The app file: the usual imports, then what differs. */
function app(name: string, code: string, more: Readonly<Record<string, string>> = {}): Family {
  return { name, files: { 'src/app.ts': imports + code, ...more } };
}

const listen = `  await app.listen({ port: Number(process.env['PORT'] ?? 3003), host: process.env['HOST'] ?? '0.0.0.0' });`;

export const families: readonly Family[] = [
  app(
    'route plugins that are wrapped in fp and registered bare, with absolute paths',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  await app.register(healthRoutes);
  await app.register(invoicesRoutes);
  return app;
}
`,
    {
      'src/routes/invoices.routes.ts': `import fp from 'fastify-plugin';

export const invoicesRoutes = fp(async (app) => {
  app.get('/invoices', () => ({ invoices: [] }));
});
`,
    },
  ),
  app(
    'a chain',
    `export function buildApp(options: AppOptions = {}): FastifyInstance {
  return Fastify({ logger: options.logger ?? true }).register(healthRoutes).register(invoicesRoutes, { prefix: '/invoices' });
}
`,
  ),
  app(
    'registration inside after()',
    `export function buildApp(options: AppOptions = {}): FastifyInstance {
  const app = Fastify({ logger: options.logger ?? true });
  app.register(healthRoutes).after(() => {
    app.register(invoicesRoutes, { prefix: '/invoices' });
  });
  return app;
}
`,
  ),
  app(
    'a private field of a class',
    `class Server {
  readonly #fastify: FastifyInstance;

  constructor(options: AppOptions) {
    this.#fastify = Fastify({ logger: options.logger ?? true });
  }

  async build(): Promise<FastifyInstance> {
    await this.#fastify.register(healthRoutes);
    await this.#fastify.register(invoicesRoutes, { prefix: '/invoices' });
    return this.#fastify;
  }
}

export function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  return new Server(options).build();
}
`,
  ),
  app(
    'an array of plugins in a loop',
    `const plugins = [
  { plugin: healthRoutes, options: { prefix: '' } },
  { plugin: invoicesRoutes, options: { prefix: '/invoices' } },
];

export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  for (const { plugin, options: given } of plugins) {
    await app.register(plugin, given);
  }
  return app;
}
`,
  ),
  app(
    'a second name with a type provider',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  const typed = app.withTypeProvider();
  await typed.register(healthRoutes);
  await typed.register(invoicesRoutes, { prefix: '/invoices' });
  return app;
}
`,
  ),
  app(
    'plugins that a function makes',
    `const made = (): typeof invoicesRoutes => invoicesRoutes;

export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  await app.register(healthRoutes);
  await app.register(made(), { prefix: '/invoices' });
  return app;
}
`,
  ),
  app(
    'no plugin at all: functions that are given the instance',
    `const app = Fastify({ logger: true });

function registerInvoices(server: FastifyInstance): void {
  server.get('/invoices', () => ({ invoices: [] }));
}

export async function buildApp(_options: AppOptions = {}): Promise<FastifyInstance> {
  await healthRoutes(app);
  registerInvoices(app);
  return app;
}
`,
    { 'src/routes/invoices.routes.ts': 'export const invoicesRoutes = undefined;\n' },
  ),
  {
    name: 'a main() that is not exported and listens on import',
    files: {
      'src/app.ts': undefined,
      'test/invoices.routes.test.ts': undefined,
      'src/server.ts': `import Fastify from 'fastify';
import { healthRoutes } from './routes/health.routes.js';
import { invoicesRoutes } from './routes/invoices.routes.js';

async function main(): Promise<void> {
  const app = Fastify({ logger: true });
  await app.register(healthRoutes);
  await app.register(invoicesRoutes, { prefix: '/invoices' });
${listen}
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
`,
    },
  },
  app(
    'a dynamic import',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  await app.register(healthRoutes);
  const { invoicesRoutes: routes } = await import('./routes/invoices.routes.js');
  await app.register(routes, { prefix: '/invoices' });
  return app;
}

void invoicesRoutes;
`,
  ),
  app(
    'a cast',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  await app.register(healthRoutes);
  await app.register(invoicesRoutes as unknown as (app: FastifyInstance) => Promise<void>, { prefix: '/invoices' });
  return app;
}
`,
  ),
  app(
    'ready() before it is given away',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  await app.register(healthRoutes);
  await app.register(invoicesRoutes, { prefix: '/invoices' });
  await app.ready();
  return app;
}
`,
  ),
  app(
    'an inner instance of the same name, and handlers in a class',
    `class Invoices {
  readonly #server: FastifyInstance;

  constructor(server: FastifyInstance) {
    this.#server = server;
  }

  handle(): void {
    this.#server.get('/', () => ({ invoices: [] }));
  }
}

export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  await app.register(healthRoutes);
  await app.register(
    (app, _options, done) => {
      new Invoices(app).handle();
      done();
    },
    { prefix: '/invoices' },
  );
  return app;
}

void invoicesRoutes;
`,
  ),
  app(
    'one plugin under two prefixes, with trailing commas over many lines',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  await app.register(healthRoutes);
  await app.register(
    invoicesRoutes,
    {
      prefix: '/invoices',
    },
  );
  await app.register(
    invoicesRoutes,
    { prefix: '/v2/invoices', },
  );
  return app;
}
`,
  ),
  app(
    'routes inline, with app.route',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  app.get('/health', () => ({ status: 'ok' }));
  app.route({ method: 'GET', url: '/invoices', handler: () => ({ invoices: [] }) });
  return app;
}

void [healthRoutes, invoicesRoutes];
`,
  ),
  app(
    'one of two instances',
    `export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = options.logger === false ? Fastify() : Fastify({ logger: true });
  await app.register(healthRoutes);
  await app.register(invoicesRoutes, { prefix: '/invoices' });
  return app;
}
`,
  ),
  {
    name: 'a shebang, a licence, directives, CRLF and a byte order mark',
    files: {
      'src/app.ts':
        `\u{FEFF}/* (c) acme */\n'use strict';\n${imports}export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true }); // the one and only
  await app.register(healthRoutes); // first
  /* then */ await app.register(invoicesRoutes, { prefix: '/invoices' });
  return app;
}`.replaceAll('\n', '\r\n'),
    },
  },
];
