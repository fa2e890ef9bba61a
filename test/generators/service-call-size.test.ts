import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, describe, expect, it } from 'vitest';

import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { describeRefusal, planCommand, runCommand } from '../helpers/run-command.ts';
import { isDeep } from '../helpers/sampled.ts';
import type { Case } from '../helpers/case.ts';

const made: string[] = [];
afterAll(() => {
  for (const id of made) rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
});

function open(id: string, files: NonNullable<Case['files']>): string {
  made.push(id);
  return materialize(id, { fixture: 'npm-workspaces', args: [], files });
}

const billing = 'services/billing-service/src';
const invoices = `${billing}/routes/invoices.routes.ts`;

describe('what a typed client costs', () => {
  it('is 80 lines at most in the caller, for a callee with five routes, its wiring included and its test apart', async () => {
    const more = `
  app.get<{ Params: { id: string } }>('/:id/pdf-url', async () => ({ url: 'https://example.com' }));

  app.delete<{ Params: { id: string } }>('/:id', async (_request, reply) => reply.code(204).send());
}
`;
    const root = open('call-lines', { [invoices]: (text) => text.replace(/\}\n$/, more) });
    const call = (to: string) => ({
      generator: 'add-service-call',
      args: ['--target', 'user', '--to', to, '--allow-dirty'],
    });
    // What all callees share is there then: the client, its context, and the base of typed clients.
    await runCommand(call('auth'), root);
    const plan = await planCommand(call('billing'), root);
    if (!plan.ok) throw new Error(describeRefusal(plan));
    const own = plan.edits.filter(({ role }) => role !== 'record' && role !== 'integration-test');
    const added = own.map((edit) => {
      if (edit.kind === 'create') return edit.text.trimEnd().split('\n').length;
      if (edit.kind === 'delete') return 0;
      return edit.changes.reduce((sum, { text }) => sum + text.trim().split('\n').length, 0);
    });
    const client = own.find(({ path }) => path.endsWith('billing-client.ts'));
    expect(client?.kind === 'create' ? client.text.match(/return this\.call\(/g)?.length : 0).toBe(5);
    expect(added.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(80);
  }, 240_000);

  if (isDeep)
    it('is 10 s and 1 GB at most for a callee with 1,000 routes', () => {
      const plugins = Array.from({ length: 20 }, (_, index) => `many${String(index)}Routes`);
      const files = Object.fromEntries(
        plugins.map((name, index) => [`${billing}/routes/${name}.ts`, pluginOf(name, index)] as const),
      );
      const root = open('call-thousand', {
        ...files,
        [`${billing}/app.ts`]: (text) =>
          text
            .replace(/^/, plugins.map((name) => `import { ${name} } from './routes/${name}.js';\n`).join(''))
            .replace(
              /(\n *)(await )?app\.register\(healthRoutes\);/,
              (whole, indent: string) =>
                whole +
                plugins
                  .map((name) => `${indent}await app.register(${name}, { prefix: '/${name}' });`)
                  .join(''),
            ),
      });
      const tsx = pathToFileURL(join(projectRoot, 'node_modules/tsx/dist/loader.mjs')).href;
      const flags = ['--target', 'user', '--to', 'billing', '--allow-dirty', '--no-format'];
      const script = join(projectRoot, 'test/helpers/plan-once.ts');
      const printed = execFileSync(
        process.execPath,
        ['--import', tsx, script, root, 'add-service-call', ...flags],
        {
          encoding: 'utf8',
        },
      );
      const { cpuMs, peakBytes, wallMs } = JSON.parse(printed) as Record<
        'cpuMs' | 'peakBytes' | 'wallMs',
        number
      >;
      process.stdout.write(
        `1,000 routes: ${(wallMs / 1_000).toFixed(1)} s, ${(cpuMs / 1_000).toFixed(1)} s of CPU, ${(peakBytes / 2 ** 20).toFixed(0)} MB\n`,
      );
      const client = readFileSync(join(root, 'services/user-service/src/plugins/billing-client.ts'), 'utf8');
      expect(client.match(/return this\.call\(/g)?.length).toBeGreaterThanOrEqual(1_000);
      // Of CPU, because other processes take their share of the clock.
      expect(cpuMs).toBeLessThan(10_000);
      expect(peakBytes).toBeLessThan(2 ** 30);
    }, 120_000);
});

/** Fifty routes: a schema, type arguments, and what a handler returns. */
function pluginOf(name: string, index: number): string {
  const routes = Array.from({ length: 50 }, (_, at) => {
    const id = `${String(index)}x${String(at)}`;
    if (at % 3 === 0)
      return `  app.get<{ Params: { id: string }; Reply: Row${id} }>('/rows${id}/:id', async ({ params }) => ({ id: params.id, cents: ${String(at)} }));`;
    return at % 3 === 1
      ? `  app.post('/rows${id}', { schema: { body: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }, response: { 201: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } } } } }, async (_request, reply) => reply.code(201).send({ id: '${id}' }));`
      : `  app.get('/list${id}', async () => ({ rows: [{ id: '${id}', at: new Date(), tags: ['a'] }], total: ${String(at)} }));`;
  });
  const rows = routes.flatMap((_, at) =>
    at % 3 === 0 ? [`interface Row${String(index)}x${String(at)} { id: string; cents: number }`] : [],
  );
  return `import type { FastifyInstance } from 'fastify';\n${rows.join('\n')}\nexport async function ${name}(app: FastifyInstance): Promise<void> {\n${routes.join('\n')}\n}\n`;
}
