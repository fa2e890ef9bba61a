import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { bootService } from '../helpers/boot-service.ts';
import { changeFile } from '../helpers/change-file.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { describeRefusal, planCommand, runCommand } from '../helpers/run-command.ts';
import { isDeep } from '../helpers/sampled.ts';
import { file, testCase } from '../cases/add-service-call/adopted/case.ts';

const user = 'services/user-service';
const made: string[] = [];
afterAll(() => {
  for (const id of made) rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
});

function open(id: string, files: typeof testCase.files = testCase.files): string {
  made.push(id);
  return materialize(id, { fixture: 'npm-workspaces', args: [], files: files ?? {} });
}

const adopt = {
  generator: 'add-service-call',
  args: ['--target', 'user', '--to', 'billing', '--adopt', '--allow-dirty', '--no-format'],
};
const undo = { generator: 's2s-undo', args: ['--allow-dirty'] };

const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

describe('an adopted call', () => {
  const root = open('adopt-same');
  const before = read(root, file);

  /** What the user-service answers while billing is as it is in the repository, down, and answering nonsense. */
  async function record(ports: readonly [billing: string, stub: string]): Promise<readonly unknown[]> {
    const [billingPort, stubPort] = ports;
    const answers: unknown[] = [];
    const ask = async (origin: string, path: string, init?: RequestInit): Promise<void> => {
      const answer = await fetch(`${origin}/accounts${path}`, init);
      answers.push([path, answer.status, await answer.text()]);
    };
    const askAll = async (origin: string): Promise<void> => {
      for (const path of ['/inv_1', '/none', '/a%2Fb', '/all', '/inv_1/safe', '/none/safe'])
        await ask(origin, path);
      await ask(origin, '/', { method: 'POST' });
    };
    const dir = 'services/billing-service';
    const billing = await bootService(root, { dir, entry: 'src/server.ts' }, { PORT: billingPort });
    const own = { BILLING_SERVICE_URL: billing.origin };
    const caller = await bootService(root, { dir: user, entry: 'src/server.ts' }, own);
    const seen: string[] = [];
    const stub = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''} ${String(request.headers['x-tenant-id'])}`);
      const status = Number(/\d{3}/.exec(request.url ?? '')?.[0] ?? 500);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":"stub"}');
    });
    try {
      await askAll(caller.origin);
      await billing.stop();
      await askAll(caller.origin);
      await new Promise<void>((resolve) => stub.listen(Number(stubPort), '127.0.0.1', resolve));
      const other = await bootService(
        root,
        { dir: user, entry: 'src/server.ts' },
        { BILLING_SERVICE_URL: `http://127.0.0.1:${stubPort}` },
      );
      for (const status of ['400', '404', '409', '500']) {
        await ask(other.origin, `/${status}`);
        await ask(other.origin, `/${status}/safe`);
      }
      await other.stop();
    } finally {
      await Promise.all([billing.stop(), caller.stop()]);
      stub.close();
    }
    return [...answers, ...seen];
  }

  async function adoptOnce(): Promise<void> {
    if (read(root, file) === before) await runCommand(adopt, root);
    expect(read(root, file)).not.toMatch(/\bfetch\(|axios\.get|BILLING_URL|import axios/);
  }

  if (isDeep)
    it('answers as the bare one did: its callee up, down, and failing', async () => {
      const ports = [String(await findFreePort()), String(await findFreePort())] as const;
      const bare = await record(ports);
      await adoptOnce();
      expect(await record(ports)).toEqual(bare);
    }, 240_000);

  it('is left alone by a second run and by the status', async () => {
    await adoptOnce();
    expect(await planCommand(adopt, root)).toMatchObject({ ok: true, edits: [] });
    const status = await planCommand({ generator: 's2s-status', args: [] }, root);
    expect(status).toMatchObject({ ok: true, findings: [] });
  }, 120_000);

  if (isDeep)
    it('comes back as it was, also in a file that was edited elsewhere', async () => {
      const restore = changeFile(root, file, (text) => text.replace("'/all'", "'/every'"));
      const undone = await planCommand(undo, root);
      expect(undone.ok ? undefined : describeRefusal(undone)).toBeUndefined();
      restore();
      await runCommand(undo, root);
      expect(read(root, file)).toBe(before);
    }, 120_000);

  it('is undone to nothing else than what it was adopted from', async () => {
    await adoptOnce();
    for (const [was, evil] of [
      ['fetch(BILLING_URL', 'fetch(process.exit() + BILLING_URL'],
      ["process.env['BILLING_SERVICE_URL']", "process.env['JWT_SECRET']"],
    ] as const) {
      const restore = changeFile(root, `${user}/.s2s.json`, (text) =>
        text.replace(JSON.stringify(was).slice(1, -1), JSON.stringify(evil).slice(1, -1)),
      );
      const undone = await planCommand(undo, root);
      expect(undone.ok ? 'undone' : undone.obstacles.map(({ code }) => code)).toEqual(['E_PROOF']);
      restore();
    }
  }, 240_000);
});

/** A handler with one call in it, and why it is left. */
const left: readonly (readonly [reason: RegExp, body: string])[] = [
  [
    /a spread, a computed/,
    'const r = await fetch(`${base}/invoices`, { headers: { ...request.headers as object } }); return r.json();',
  ],
  [
    /method is not written as a literal/,
    'const r = await fetch(`${base}/invoices`, { method: request.method }); return r.json();',
  ],
  [/signs that are written/, 'const r = await fetch(`${base}/invoices/../health`); return r.json();'],
  [/no method for that route/, 'const r = await fetch(`${base}/receipts`); return r.json();'],
  [
    /part of its path is put together/,
    'const r = await fetch(`${base}/invoices/inv_${request.id}`); return r.json();',
  ],
  [/not awaited as it stands/, 'return fetch(`${base}/invoices`).then((r) => r.json());'],
  [/not awaited as it stands/, 'const pending = fetch(`${base}/invoices`); return (await pending).json();'],
  [/\.text is read of its answer/, 'const r = await fetch(`${base}/invoices`); return r.text();'],
  [/\.status is read of its answer/, 'const r = await fetch(`${base}/invoices`); return r.status;'],
  [/is read of its answer/, 'const r = await fetch(`${base}/invoices`); return reply.send(r);'],
  [
    /not a constant of its own/,
    'let r = await fetch(`${base}/invoices`); r = await fetch(`${base}/invoices`); return r.json();',
  ],
  [
    /is read of its error/,
    'try { const r = await fetch(`${base}/invoices`); return await r.json(); } catch (error) { return (error as Error).name; }',
  ],
  [
    /fetch is not what it is elsewhere/,
    'const fetch = (url: string) => Promise.resolve(new Response(url)); const r = await fetch(`${base}/invoices`); return r.json();',
  ],
  [
    /not the same for certain/,
    'let url = base; url += request.id; const r = await fetch(`${url}/invoices`); return r.json();',
  ],
  [
    /reads BILLING_URL, and the typed client BILLING_SERVICE_URL/,
    "const r = await fetch(`${process.env['BILLING_URL'] ?? 'http://localhost:3003'}/invoices`); return r.json();",
  ],
  [
    /body is not JSON.stringify/,
    "const r = await fetch(`${base}/invoices`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: request.id }); return r.json();",
  ],
  [
    /not sent as application\/json/,
    "const r = await fetch(`${base}/invoices`, { method: 'POST', body: JSON.stringify({ a: 1 }) }); return r.json();",
  ],
  [
    /types do not fit/,
    "const r = await fetch(`${base}/invoices`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ tenantId: 1 }) }); return r.json();",
  ],
  [
    /may be undefined/,
    "const r = await fetch(`${base}/invoices/${request.headers['x-id']}`); return r.json();",
  ],
  [/has a comment inside/, 'const r = await fetch(`${base}/invoices` /* all */); return r.json();'],
  [
    /options have signal/,
    'const r = await fetch(`${base}/invoices`, { signal: AbortSignal.timeout(5) }); return r.json();',
  ],
  [
    /sets the header connection/,
    "const r = await fetch(`${base}/invoices`, { headers: { connection: 'close' } }); return r.json();",
  ],
  [/has no parameter page/, 'const r = await fetch(`${base}/invoices?page=2`); return r.json();'],
];

function routesWith(bodies: readonly string[], head = ''): string {
  const routes = bodies.map(
    (body, index) =>
      `  app.get('/${String(index)}', async (request, reply) => { void request; void reply;\n${body}\n  });`,
  );
  return `import type { FastifyInstance } from 'fastify';
${head}
const base = process.env['BILLING_SERVICE_URL'] ?? 'http://localhost:3003';

export async function accountsRoutes(app: FastifyInstance): Promise<void> {
${routes.join('\n')}
}

export async function nobody(id: string): Promise<unknown> {
  const response = await fetch(\`\${base}/invoices/\${id}\`);
  return response.json();
}
`;
}

describe('a bare call that is left', () => {
  const notesOf = async (root: string): Promise<readonly string[]> => {
    const plan = await planCommand(adopt, root);
    if (!plan.ok) throw new Error(describeRefusal(plan));
    expect(plan.edits.map(({ path }) => path)).not.toContain(file);
    return plan.notes.filter((note) => note.includes('still calls'));
  };

  it('is named, with the reason', async () => {
    const root = open('adopt-left', { ...testCase.files, [file]: routesWith(left.map(([, body]) => body)) });
    const notes = await notesOf(root);
    const wrong = left.flatMap(([reason, body], index) => {
      const own = notes.filter((note) => note.includes(`:${String(7 + index * 3)} `));
      return own.length > 0 && own.every((note) => reason.test(note)) ? [] : [[body, own]];
    });
    expect(wrong).toEqual([]);
    expect(notes.join('\n')).toMatch(/no parameter around it is the Fastify instance/);
  }, 240_000);

  const plain = 'const r = await fetch(`${base}/invoices`); return r.json();';

  it('is one where fetch is replaced for all', async () => {
    const head = 'globalThis.fetch = async () => new Response();';
    const root = open('adopt-replaced', { ...testCase.files, [file]: routesWith([plain], head) });
    for (const note of await notesOf(root)) expect(note).toMatch(/changes what fetch does/);
  }, 120_000);

  it('is one that would send a token and has not before', async () => {
    const root = open('adopt-token', { ...testCase.files, [file]: routesWith([plain]) });
    const guard = ['--target', 'billing', '--protect', 'invoicesRoutes', '--allow-dirty', '--no-format'];
    await runCommand({ generator: 'add-auth-middleware', args: guard }, root);
    for (const note of await notesOf(root)) expect(note).toMatch(/it sends no token/);
  }, 120_000);
});
