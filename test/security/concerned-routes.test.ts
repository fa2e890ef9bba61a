import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answers, askApps } from '../helpers/ask-apps.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';

type Files = Readonly<Record<string, string>>;

const scope = 'security-concerned-routes';
afterAll(() => {
  rmSync(join(projectRoot, '.cases', scope), { recursive: true, force: true });
});

/** What a package that is not installed here does, as far as it matters: it puts one route on its instance. */
function standIn(name: string, body: string, isShared = true): Files {
  const plugin = `async function plugin(app, options) { ${body} }`;
  const exported = isShared ? `require('fastify-plugin')(${plugin})` : plugin;
  return {
    [`src/node_modules/${name}/package.json`]: JSON.stringify({ name, main: 'index.cjs' }),
    [`src/node_modules/${name}/index.cjs`]: `module.exports = ${exported};\n`,
  };
}

const answer = 'async () => ({ secret: true })';
const packages: Files = {
  ...standIn('fastify-metrics', `app.get(options.endpoint ?? '/metrics', ${answer});`),
  ...standIn('@fastify/oauth2', `app.get(options.startRedirectPath, ${answer});`),
  ...standIn('@fastify/under-pressure', `app.get(options.exposeStatusRoute.url, ${answer});`),
  ...standIn('@fastify/http-proxy', `app.all('/*', ${answer});`, false),
};

const head = "import Fastify, { type FastifyInstance } from 'fastify';\n";

function factory(lines: string, imports = ''): Files {
  return {
    'src/app.ts': `${head}${imports}
export async function build(): Promise<FastifyInstance> {
  const app = Fastify();
${lines}
  return app;
}
`,
  };
}

const sign = "jwt.sign({ sub: 'ada' }, 'a secret of thirty-two characters')";
const tokens: Files = {
  'src/tokens.ts': `import jwt from 'jsonwebtoken';
export class Tokens {
  issue(): string { return ${sign}; }
}
`,
};

interface Service {
  readonly files: Files;
  readonly protect: string;
  /** URLs by the status that a stranger gets. */
  readonly open: readonly string[];
  readonly closed: readonly string[];
}

const all = { protect: 'all' } as const;

/** Services by what their routes are registered by. */
const services: Readonly<Record<string, Service>> = {
  'a controller that is given the instance': {
    ...{ ...all, open: ['POST /enter'], closed: ['GET /me', 'POST /share'] },
    files: {
      ...tokens,
      'src/users.ts': `import type { FastifyInstance } from 'fastify';
import type { Tokens } from './tokens.js';

export class Users {
  constructor(private readonly tokens: Tokens) {}

  register(server: FastifyInstance): void {
    server.post('/enter', this.enter.bind(this));
    server.post('/share', async () => ({ link: this.tokens.issue() }));
    server.get('/me', ${answer});
  }

  async enter(): Promise<object> {
    return { token: this.tokens.issue() };
  }
}
`,
      ...factory(
        '  const users = new Users(new Tokens());\n  users.register(app);',
        "import { Tokens } from './tokens.js';\nimport { Users } from './users.js';\n",
      ),
    },
  },
  'autoloaded files, and a decorator that signs': {
    ...{ ...all, open: ['POST /enter'], closed: ['GET /enter/me'] },
    files: {
      'src/plugins/tokens.ts': `import fp from 'fastify-plugin';
import jwt from 'jsonwebtoken';
export default fp(async (app) => {
  app.decorate('issueToken', () => ${sign});
});
`,
      'src/routes/enter/index.ts': `import type { FastifyInstance } from 'fastify';
export default async function enter(app: FastifyInstance): Promise<void> {
  app.post('/', async () => ({ token: (app as unknown as { issueToken(): string }).issueToken() }));
  app.get('/me', ${answer});
}
`,
      ...factory(
        "  await app.register(autoload, { dir: join(import.meta.dirname, 'plugins') });\n  await app.register(autoload, { dir: join(import.meta.dirname, 'routes') });",
        "import { join } from 'node:path';\nimport autoload from '@fastify/autoload';\n",
      ),
    },
  },
  'packages with routes for everybody': {
    ...{ ...all, closed: ['GET /things', 'GET /metrics', 'GET /status'] },
    open: ['GET /internal/metrics', 'GET /login/github', 'GET /alive', 'GET /api/docs/json'],
    files: {
      ...packages,
      ...factory(
        `  await app.register(metrics, { endpoint: '/internal/metrics' });
  await app.register(oauth, { startRedirectPath: '/login/github' });
  await app.register(pressure, { exposeStatusRoute: { url: '/alive' } });
  const docs = '/api/docs';
  await app.register(swagger);
  await app.register(swaggerUi, { routePrefix: docs });
  app.get('/things', ${answer});`,
        "import metrics from 'fastify-metrics';\nimport oauth from '@fastify/oauth2';\nimport pressure from '@fastify/under-pressure';\nimport swagger from '@fastify/swagger';\nimport swaggerUi from '@fastify/swagger-ui';\n",
      ),
    },
  },
  'metrics on a port of their own': {
    ...{ ...all, open: [], closed: ['GET /metrics', 'GET /things'] },
    files: {
      ...packages,
      ...factory(
        `  const scraped = Fastify();
  await scraped.register(metrics);
  await app.register(things);
  app.get('/metrics', ${answer});`,
        `import metrics from 'fastify-metrics';\nconst things = async (app: FastifyInstance) => { app.get('/things', ${answer}); };\n`,
      ),
    },
  },
  'a proxy in a plugin that is chosen': {
    ...{ protect: 'upstreams', open: ['GET /things'], closed: ['GET /orders/1', 'POST /orders/1'] },
    files: {
      ...packages,
      'src/upstreams.ts': `import proxy from '@fastify/http-proxy';
import type { FastifyInstance } from 'fastify';

export async function upstreams(app: FastifyInstance): Promise<void> {
  await app.register(proxy, { upstream: 'http://orders:3000', prefix: '/orders' });
}
`,
      'src/things.ts': `import type { FastifyInstance } from 'fastify';
export async function things(app: FastifyInstance): Promise<void> {
  app.get('/things', ${answer});
}
`,
      ...factory(
        '  await app.register(things);\n  await app.register(upstreams);',
        "import { things } from './things.js';\nimport { upstreams } from './upstreams.js';\n",
      ),
    },
  },
};

function repoOf(id: string, files: Files): string {
  const manifest = {
    name: 'svc',
    type: 'module',
    scripts: { start: 'node dist/app.js' },
    dependencies: {
      ...{ fastify: '^5.6.0', 'fastify-plugin': '^5.0.1', jsonwebtoken: '^9.0.0' },
      ...{ '@fastify/autoload': '*', '@fastify/swagger': '*', '@fastify/swagger-ui': '*' },
    },
    devDependencies: { typescript: '^5.9.0' },
  };
  return materialize(`${scope}/${id.replaceAll(/[ ,]+/g, '-')}`, {
    fixture: 'none',
    args: [],
    files: {
      'package.json': JSON.stringify(manifest),
      'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "strict": true } }',
      ...files,
    },
  });
}

function guard(protect: string): { generator: string; args: readonly string[] } {
  const open = protect === 'all' ? ['--public', 'none'] : [];
  return {
    generator: 'add-auth-middleware',
    args: ['--target', 'svc', '--protect', protect, ...open, '--no-format'],
  };
}

describe('routes that a guard concerns most', () => {
  const ids = Object.keys(services);
  const results = new Map<string, Answers>();

  beforeAll(async () => {
    const apps = [];
    for (const id of ids) {
      const { closed = [], files = {}, open = [], protect = '' } = services[id] ?? {};
      const root = repoOf(id, files);
      await runCommand(guard(protect), root);
      const requests = [...open, ...closed].map((one) => {
        const [method = '', url = ''] = one.split(' ');
        return { method, url };
      });
      apps.push({ file: join(root, 'src/app.ts'), requests });
    }
    const answers = await askApps(`${scope}/asked`, apps);
    for (const [index, id] of ids.entries()) results.set(id, answers[index] ?? { answers: [] });
  });

  it.each(ids)('%s: what logs in or is for everybody stays open, nothing else', (id) => {
    const found = results.get(id);
    const { closed = [], open = [] } = services[id] ?? {};
    expect(found?.failure).toBeUndefined();
    const statuses = found?.answers.map(({ status }, index) => [[...open, ...closed][index], status]);
    expect(statuses).toEqual([...open.map((one) => [one, 200]), ...closed.map((one) => [one, 401])]);
  });
});

describe('what a guard does not see, or changes for others', () => {
  it('names the routes to which a login elsewhere sends people back, whatever they are called', async () => {
    const base = '`${process.env.BASE_URL ?? ""}/sso/return`';
    const root = repoOf('callbacks', {
      ...packages,
      'src/strategy.ts': `const returned = '/users/me/back';
export const strategy = (Strategy: new (options: object) => object) => new Strategy({ callbackURL: returned });
`,
      ...factory(
        `  await app.register(oauth, { startRedirectPath: '/begin', callbackUri: 'http://localhost:3000/api/begin/done?x=1' });
  const sso = { redirect_uri: ${base} };
  app.get('/begin/done', ${answer});
  app.get('/sso/return', async () => sso);
  app.get('/users/me/back', ${answer});
  app.get('/things', ${answer});`,
        "import oauth from '@fastify/oauth2';\n",
      ),
    });
    const planned = await planCommand(guard('all'), root);
    const notes = planned.ok ? planned.notes.join('\n') : '';
    const because = 'a login elsewhere sends people back to it, by the';
    expect(notes).toContain('GET /begin is public');
    for (const told of [
      `GET /begin/done (src/app.ts:8: ${because} callbackUri at src/app.ts:6)`,
      `GET /sso/return (src/app.ts:9: ${because} redirect_uri at src/app.ts:7)`,
      `GET /users/me/back (src/app.ts:10: ${because} callbackURL at src/strategy.ts:2)`,
    ])
      expect(notes).toContain(told);
    expect(notes).not.toContain('/things (');
  });

  it('is told by place', async () => {
    const sockets: Files = {
      'src/sockets.ts': `import type { FastifyInstance } from 'fastify';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';
export function attach(app: FastifyInstance): void {
  new WebSocketServer({ server: app.server });
  new Server(app.server);
  app.server.on('upgrade', () => undefined);
}
`,
    };
    const root = repoOf('sockets', {
      ...sockets,
      ...factory(
        `  app.get('/things', ${answer});\n  attach(app);`,
        "import { attach } from './sockets.js';\n",
      ),
    });
    const planned = await planCommand(guard('all'), root);
    const note = (line: number, from: string): string =>
      `src/sockets.ts:${String(line)} takes WebSocket connections beside Fastify (${from}), where no hook runs: verify the token there.`;
    expect(planned.ok && planned.notes).toEqual(
      expect.arrayContaining([note(5, 'ws'), note(6, 'socket.io'), note(7, 'node:http')]),
    );
  });

  it.each([
    ['{}', 1],
    ['{ headers: { authorization: request.headers.authorization } }', 0],
  ])('names callers of the repository that send no token: %s', async (options, count) => {
    const caller = {
      'packages/orders/package.json': JSON.stringify({ name: 'orders', dependencies: { fastify: '^5.6.0' } }),
      'packages/orders/src/app.ts': `import Fastify from 'fastify';
const app = Fastify();
app.get('/orders', (request) => fetch(\`\${process.env.SVC_URL ?? 'http://localhost:3000'}/things\`, ${options}));
await app.listen({ port: 3001 });
`,
    };
    const root = repoOf(`callers-${String(count)}`, {
      ...caller,
      ...factory(`  app.get('/things', ${answer});`),
    });
    const planned = await planCommand(guard('all'), root);
    const notes = planned.ok ? planned.notes.filter((note) => note.includes('orders')) : [];
    expect(notes).toEqual(
      [
        'Calls of guarded routes get 401 without a token, and none was found in orders (packages/orders/src/app.ts:3).',
      ].slice(0, count),
    );
  });
});
