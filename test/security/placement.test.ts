import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, type Answers, askApps, type Request } from '../helpers/ask-apps.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';

type Files = Readonly<Record<string, string>>;

const scope = 'security-placement';
afterAll(() => {
  rmSync(join(projectRoot, '.cases', scope), { recursive: true, force: true });
});

const head = `import cors from '@fastify/cors';
import Fastify, { type FastifyInstance } from 'fastify';
import { things } from './things.js';
`;

/** `lines` in a factory, as most services have it. */
function factory(lines: string, imports = ''): string {
  return `${head}${imports}
export async function build(): Promise<FastifyInstance> {
  const app = Fastify();
${lines}
  return app;
}
`;
}

const register = "  await app.register(cors, { origin: 'https://app.example' });\n";
const routes = '  await app.register(things);\n';

const shared: Files = {
  'src/things.ts': `import type { FastifyInstance } from 'fastify';

export async function things(app: FastifyInstance): Promise<void> {
  app.get('/things', async () => ({ secret: true }));
  app.options('/real', async () => ({ secret: true }));
}
`,
};

const pluginSet = (wrap: (body: string) => string): string =>
  wrap(`async (app) => {
  await app.register(cors, { origin: 'https://app.example' });
  await app.register(swagger);
  await app.register(swaggerUi);
}`);

const swaggerImports = `import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';
`;

/** Services by how they put CORS and routes on the instance. */
const services: Readonly<Record<string, Files>> = {
  'CORS first': { 'src/app.ts': factory(register + routes) },
  'CORS after a plugin with routes': { 'src/app.ts': factory(routes + register) },
  'routes of an inline plugin first': {
    'src/app.ts': factory(
      `  await app.register(async (admin) => {\n    admin.get('/admin', async () => ({ secret: true }));\n  });\n${register}${routes}`,
    ),
  },
  'a plugin behind a dynamic import first': {
    'src/late.ts':
      "import type { FastifyInstance } from 'fastify';\nexport default async function late(app: FastifyInstance) {\n  app.get('/admin', async () => ({ secret: true }));\n}\n",
    'src/app.ts': factory(
      `  const late = './late.js';\n  await app.register(import(late));\n${register}${routes}`,
    ),
  },
  'CORS in a condition': {
    'src/app.ts': factory(`  if (process.env['NO_CORS'] === undefined) {\n  ${register}  }\n${routes}`),
  },
  'CORS in a try block': {
    'src/app.ts': factory(
      `  try {\n  ${register}  ${routes}  } catch (error) {\n    app.log.error(error);\n    throw error;\n  }`,
    ),
  },
  'CORS and documentation in a helper': {
    'src/plugins.ts': `${swaggerImports}
export async function addPlugins(app: FastifyInstance): Promise<void> {
  await app.register(cors, { origin: 'https://app.example' });
  await app.register(swagger);
  await app.register(swaggerUi);
}
`,
    'src/app.ts': factory(
      `  await addPlugins(app);\n${routes}`,
      "import { addPlugins } from './plugins.js';\n",
    ),
  },
  'CORS and documentation in a shared plugin': {
    'src/plugins.ts': `${swaggerImports}
const set: FastifyPluginAsync = ${pluginSet((body) => body)};
export default fp(set);
`,
    'src/app.ts': factory(
      `  await app.register(plugins);\n${routes}`,
      "import plugins from './plugins.js';\n",
    ),
  },
  'a chain': {
    'src/app.ts': `${head}
export async function build(): Promise<FastifyInstance> {
  return Fastify()
    .register(cors, { origin: 'https://app.example' })
    .register(things);
}
`,
  },
  'an autoloaded CORS plugin with a name': autoloaded(", { name: 'cors' }"),
  'an autoloaded CORS plugin without a name': autoloaded(''),
  'an instance in a block': {
    'src/app.ts': `${head}
export async function build(): Promise<FastifyInstance> {
  if (process.env['NEVER'] === undefined) {
    const server = Fastify();
    await server.register(cors, { origin: 'https://app.example' });
    await server.register(things);
    return server;
  }
  throw new Error('never');
}
`,
  },
};

function autoloaded(options: string): Files {
  return {
    'src/plugins/cors.ts': `import cors from '@fastify/cors';\nimport fp from 'fastify-plugin';\nexport default fp(async (app) => {\n  await app.register(cors, { origin: 'https://app.example' });\n}${options});\n`,
    'src/routes/things.ts': `export { things as default } from '../things.js';\n`,
    'src/app.ts': `import { join } from 'node:path';
import autoload from '@fastify/autoload';
import Fastify, { type FastifyInstance } from 'fastify';

export async function build(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(autoload, { dir: join(import.meta.dirname, 'plugins') });
  await app.register(autoload, { dir: join(import.meta.dirname, 'routes') });
  return app;
}
`,
  };
}

const origin = { origin: 'https://app.example' };
const probes: readonly Request[] = [
  { method: 'OPTIONS', url: '/things', headers: { ...origin, 'access-control-request-method': 'GET' } },
  { url: '/things', headers: origin },
  { method: 'OPTIONS', url: '/real' },
  { url: '/admin' },
];

function repoOf(id: string, files: Files, major: 4 | 5): string {
  const range = major === 4 ? ['^4.28.1', '^4.5.1'] : ['^5.6.0', '^5.0.1'];
  const manifest = {
    name: 'svc',
    type: 'module',
    scripts: { start: 'node dist/app.js' },
    dependencies: {
      fastify: range[0],
      'fastify-plugin': range[1],
      '@fastify/cors': '*',
      '@fastify/autoload': '*',
    },
    devDependencies: { typescript: '^5.9.0' },
  };
  const root = materialize(`${scope}/${String(major)}/${id.replaceAll(' ', '-')}`, {
    fixture: 'none',
    args: [],
    files: {
      'package.json': JSON.stringify(manifest),
      'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "strict": true } }',
      ...shared,
      ...files,
      ...(major === 4 ? olderCors : {}),
    },
  });
  if (major === 4)
    symlinkSync(
      join(projectRoot, 'fixtures/_deps/fastify4/node_modules'),
      join(root, 'node_modules'),
      'junction',
    );
  return root;
}

/** What @fastify/cors does on Fastify 4, as far as it matters here: that version is not installed. */
const olderCors: Files = {
  'src/node_modules/@fastify/cors/package.json': '{ "name": "@fastify/cors", "main": "index.cjs" }',
  'src/node_modules/@fastify/cors/index.cjs': `const fp = require('fastify-plugin');
module.exports = fp(async (app) => {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('access-control-allow-origin', 'https://app.example');
    if (request.raw.method === 'OPTIONS' && request.headers['access-control-request-method']) return reply.code(204).send();
  });
  app.options('*', (request, reply) => reply.callNotFound());
}, { name: '@fastify/cors' });
`,
};

const args = ['--target', 'svc', '--protect', 'all', '--public', 'none', '--no-format'];
const guard = { generator: 'add-auth-middleware', args };

describe.each([
  [5, Object.keys(services)],
  [4, Object.keys(services).filter((id) => !/documentation|autoload/.test(id))],
] as const)('A.3 and A.5 on Fastify %i', (major, ids) => {
  let results = new Map<string, Answers>();

  beforeAll(async () => {
    const roots: string[] = [];
    for (const id of ids) {
      const root = repoOf(id, services[id] ?? {}, major);
      await runCommand(guard, root);
      roots.push(root);
    }
    const apps = roots.map((root) => ({ file: join(root, 'src/app.ts'), requests: probes }));
    const answers = await askApps(`${scope}/asked-${String(major)}`, apps);
    results = new Map(answers.map((one, index) => [ids[index] ?? '', one]));
  });

  it.each(ids)('%s: preflights are answered, strangers are told so by CORS, nothing is open', (id) => {
    const found = results.get(id);
    expect(found?.failure).toBeUndefined();
    const [preflight, stranger, real, admin] = found?.answers as readonly [Answer, Answer, Answer, Answer];
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([
      204,
      origin.origin,
    ]);
    expect([stranger.status, stranger.headers['access-control-allow-origin']]).toEqual([401, origin.origin]);
    expect(real.status).toBeGreaterThanOrEqual(400);
    expect(`${real.body}${admin.body}`).not.toContain('secret');
  });
});

describe('A.3 what cannot be guarded is refused, with its place', () => {
  it.each<[string, Files, string]>([
    [
      'routes that the parent of the application has',
      {
        'src/app.ts': `import type { FastifyInstance } from 'fastify';\nimport { things } from './things.js';\nexport default async function app(instance: FastifyInstance): Promise<void> {\n  await instance.register(things);\n}\n`,
        'src/server.ts': `import swaggerUi from '@fastify/swagger-ui';\nimport Fastify from 'fastify';\nimport app from './app.js';\n\nconst server = Fastify();\nawait server.register(swaggerUi);\nawait server.register(app);\nawait server.listen({ port: 3000 });\n`,
      },
      'src/server.ts:6',
    ],
    [
      'CORS in a context of its own',
      {
        'src/api.ts': `import cors from '@fastify/cors';\nimport type { FastifyInstance } from 'fastify';\nimport { things } from './things.js';\nexport async function api(app: FastifyInstance): Promise<void> {\n  await app.register(cors);\n  await app.register(things);\n}\n`,
        'src/app.ts': factory('  await app.register(api);', "import { api } from './api.js';\n"),
      },
      'src/app.ts:8',
    ],
  ])('%s', async (id, files, place) => {
    const planned = await planCommand(guard, repoOf(id, files, 5));
    const obstacles = planned.ok ? [] : planned.obstacles;
    const at = planned.ok ? undefined : planned.obstacles[0].at;
    expect(obstacles.map(({ code }) => code)).toEqual(['E_NO_REGISTRATION_PLACE']);
    expect(`${at?.path ?? ''}:${String(at?.line ?? 0)}`).toBe(place);
  });
});

describe('A.3 the guard is registered', () => {
  it.each<[string, Files, string]>([
    [
      'before a package that is not known to have no routes',
      {
        'src/app.ts': factory(
          `${register}  await app.register(proxy, { upstream: 'http://orders:3000' });\n${routes}`,
          "import proxy from '@fastify/http-proxy';\n",
        ),
      },
      'proxy',
    ],
    [
      'before an object that is given the instance',
      {
        'src/loader.ts': 'export class Loader {\n  constructor(app: unknown) {\n    void app;\n  }\n}\n',
        'src/app.ts': factory(
          `${register}  new Loader(app);\n${routes}`,
          "import { Loader } from './loader.js';\n",
        ),
      },
      'new Loader',
    ],
    [
      'before a plugin that hands its instance on',
      {
        'src/own.ts': `import type { FastifyInstance } from 'fastify';\nimport fp from 'fastify-plugin';\nimport { load } from 'elsewhere';\nexport const own = fp(async (app: FastifyInstance) => {\n  load(app);\n});\n`,
        'src/app.ts': factory(
          `${register}  await app.register(own);\n${routes}`,
          "import { own } from './own.js';\n",
        ),
      },
      'register(own',
    ],
  ])('%s', async (id, files, later) => {
    const root = repoOf(id, files, 5);
    await runCommand(guard, root);
    const text = readFileSync(join(root, 'src/app.ts'), 'utf8').replace(/^[\s\S]*const app/, '');
    const at = text.indexOf('register(authMiddleware');
    expect(at).toBeGreaterThan(text.indexOf('register(cors'));
    expect(at).toBeLessThan(text.indexOf(later));
    expect((await runCommand(guard, root)).edits).toEqual([]);
  });
});
