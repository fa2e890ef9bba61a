import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { type Answers, askApps, type Request } from '../helpers/ask-apps.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';

type Files = Readonly<Record<string, string>>;

const scope = 'security-plugin-names';
afterAll(() => {
  rmSync(join(projectRoot, '.cases', scope), { recursive: true, force: true });
});

const manifest = JSON.stringify({
  name: 'svc',
  type: 'module',
  scripts: { start: 'node dist/app.js' },
  dependencies: { fastify: '^5.6.0', 'fastify-plugin': '^5.0.1', '@fastify/autoload': '^6.0.0' },
  devDependencies: { typescript: '^5.9.0' },
});

const app = `import { join } from 'node:path';
import autoload from '@fastify/autoload';
import Fastify, { type FastifyInstance } from 'fastify';

export async function build(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(autoload, { dir: join(import.meta.dirname, 'plugins') });
  await app.register(autoload, { dir: join(import.meta.dirname, 'routes') });
  return app;
}
`;

const body = `async (app) => {
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers['x-api-key'] !== 'k') return reply.code(403).send({ error: 'no key' });
  });
}`;

/** Their guard, called as ours would be, in ways of saying so. */
const guards: Readonly<Record<string, (name: string) => Files>> = {
  'a literal': (name) => ({
    'src/plugins/zz-guard.ts': `import fp from 'fastify-plugin';\nexport default fp(${body}, { name: '${name}' });\n`,
  }),
  'a constant of another file': (name) => ({
    'src/names.ts': `export const guardName = \`${name}\`;\n`,
    'src/plugins/zz-guard.ts': `import fp from 'fastify-plugin';\nimport { guardName } from '../names.js';\nexport default fp(${body}, { name: guardName });\n`,
  }),
  'options of another place': (name) => ({
    'src/plugins/zz-guard.ts': `import fp from 'fastify-plugin';\nconst options = { fastify: '5.x', name: '${name}' };\nexport default fp(${body}, options);\n`,
  }),
  'a spread': (name) => ({
    'src/meta.ts': `export function meta() {\n  return { ['na' + 'me']: '${name.replace('-', "-' + '")}' };\n}\n`,
    'src/plugins/zz-guard.ts': `import fp from 'fastify-plugin';\nimport { meta } from '../meta.js';\nexport default fp(${body}, { ...meta() });\n`,
  }),
  'a wrapper that makes plugins': (name) => ({
    'src/define.ts': `import fp from 'fastify-plugin';\nimport type { FastifyPluginAsync } from 'fastify';\nexport const define = (name: string, plugin: FastifyPluginAsync) => fp(plugin, { name });\n`,
    'src/plugins/zz-guard.ts': `import { define } from '../define.js';\nexport default define('${name}', ${body});\n`,
  }),
  'another package': (name) => ({
    'node_modules/@acme/guard/package.json':
      '{ "name": "@acme/guard", "type": "module", "exports": "./index.js" }',
    'node_modules/@acme/guard/index.js': `import fp from 'fastify-plugin';\nexport default fp(${body}, { name: '${name}' });\n`,
    'src/plugins/zz-guard.ts': `export { default } from '@acme/guard';\n`,
  }),
  'an import of another package': (name) => ({
    'node_modules/@acme/guard/package.json':
      '{ "name": "@acme/guard", "type": "module", "exports": "./index.js" }',
    'node_modules/@acme/guard/index.js': `import fp from 'fastify-plugin';\nexport default fp(${body}, { name: '${name}' });\n`,
    'src/plugins/zz-guard.ts': `import guard from '@acme/guard';\nexport default guard;\n`,
  }),
};

const probes: readonly Request[] = [
  { url: '/things' },
  { url: '/things', headers: { 'x-api-key': 'k' } },
  { url: '/decorated', headers: { 'x-api-key': 'k' } },
];

function repoOf(id: string, guard: Files): string {
  return materialize(`${scope}/${id.replaceAll(' ', '-')}`, {
    fixture: 'none',
    args: [],
    files: {
      'package.json': manifest,
      'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "strict": true } }',
      'src/app.ts': app,
      'src/routes/things.ts': `import type { FastifyInstance } from 'fastify';
export default async function things(app: FastifyInstance): Promise<void> {
  app.get('/things', async () => ({}));
  app.get('/decorated', async () => ({
    middleware: app.hasDecorator('authenticate'),
    verify: app.hasRoute({ method: 'POST', url: '/auth/verify' }),
  }));
}
`,
      ...guard,
    },
  });
}

describe('A.6b a plugin name that is taken', () => {
  const cases = Object.entries(guards);

  it('leaves their guard and ours in place, however the name is written', async () => {
    const roots = await Promise.all(
      cases.map(async ([id, guard]) => {
        const root = repoOf(id, guard('auth-middleware'));
        await runCommand(
          { generator: 'add-auth-middleware', args: ['--target', 'svc', '--protect', 'none', '--no-format'] },
          root,
        );
        return root;
      }),
    );
    const results = await askApps(
      `${scope}/asked`,
      roots.map((root) => ({ file: join(root, 'src/app.ts'), requests: probes })),
    );
    expect(Object.fromEntries(results.map((one, index) => [cases[index]?.[0], summary(one)]))).toEqual(
      Object.fromEntries(cases.map(([id]) => [id, [403, 200, true]])),
    );
  });

  it.each([
    ['add-auth-verify', 'auth-verify', ['--blacklist', 'memory'], 'src/plugins/auth-verify.ts'],
    ['add-auth-middleware', 'auth-middleware', ['--protect', 'none'], 'src/plugins/auth-middleware.ts'],
    ['add-s2s-rate-limit', 'rate-limit', ['--store', 'memory'], 'src/plugins/rate-limit.ts'],
    ['add-s2s-metrics', 'service-metrics', ['--monitoring', 'none'], 'src/plugins/service-metrics.ts'],
    ['add-s2s-tracing', 'service-tracing', [], 'src/plugins/service-tracing.ts'],
  ])(
    '%s takes a free name, keeps it on a second run, and the usual one where it is free',
    async (generator, usual, more, file) => {
      const args = ['--target', 'svc', '--no-format', ...more];
      const free = repoOf(`free-${usual}`, {});
      await runCommand({ generator, args }, free);
      expect(readFileSync(join(free, file), 'utf8')).toContain(`{ name: '${usual}'`);

      // One without a hook: a guard of every route refuses the verify route as well.
      const other = `import fp from 'fastify-plugin';\nexport default fp(async (app) => { app.decorate('theirs', true); }, { name: '${usual}' });\n`;
      const taken = repoOf(`taken-${usual}`, { 'src/plugins/zz-other.ts': other });
      await runCommand({ generator, args }, taken);
      expect(readFileSync(join(taken, file), 'utf8')).toContain(`{ name: 's2s-${usual}'`);
      expect((await runCommand({ generator, args }, taken)).edits).toEqual([]);
    },
  );
});

function summary({ answers, failure }: Answers): unknown {
  if (failure !== undefined) return failure;
  const [open, keyed, decorated] = answers;
  return [
    open?.status,
    keyed?.status,
    (JSON.parse(decorated?.body ?? '{}') as { middleware?: boolean }).middleware,
  ];
}
