import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { materialize } from '../helpers/materialize.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { joinAnswers } from '../../generators/add-service-call/join-answers.ts';
import { openRepo, textAfter } from '../../generators/_engine/repo/repo.ts';
import { readRecord } from '../../generators/_engine/record/record.ts';
import { bootService } from '../helpers/boot-service.ts';
import { changeFile } from '../helpers/change-file.ts';
import { isDeep } from '../helpers/sampled.ts';

describe('the contract of a typed call', () => {
  const id = 'service-call-contract';
  let root = '';
  const routes = 'services/billing-service/src/routes/invoices.routes.ts';
  const store = 'services/billing-service/src/invoices/invoice-store.ts';
  const caller = 'services/user-service/src/routes/users.routes.ts';
  const findings = async (): Promise<readonly string[]> => {
    const plan = await planCommand({ generator: 's2s-status', args: [] }, root);
    return plan.ok
      ? (plan.findings ?? []).map(({ message, path, state }) => `${state} ${path}: ${message}`)
      : ['refused'];
  };

  beforeAll(async () => {
    root = materialize(id, { fixture: 'npm-workspaces', args: [] });
    await runCommand(
      { generator: 'add-service-call', args: ['--target', 'user', '--to', 'billing', '--allow-dirty'] },
      root,
    );
    changeFile(root, caller, (text) =>
      text.replace(
        /\}\n$/,
        `
  app.get('/:id/invoice', async (request) => {
    const invoice = await app.billing.getInvoice({ params: { id: 'inv_1' } });
    return invoice.amountCents;
  });

  app.post('/:id/invoice', async () => {
    await app.billing.createInvoice({ body: { tenantId: 'acme', amountCents: 1, currency: 'EUR' } });
  });
}
`,
      ),
    );
  }, 120_000);

  afterAll(() => {
    rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
  });

  it('calls the real service, and gets its answer', async () => {
    const billing = await bootService(root, { dir: 'services/billing-service', entry: 'src/server.ts' }, {});
    const user = await bootService(
      root,
      { dir: 'services/user-service', entry: 'src/server.ts' },
      { BILLING_SERVICE_URL: billing.origin },
    );
    try {
      const answer = await fetch(`${user.origin}/users/usr_ada/invoice`);
      expect([answer.status, await answer.text()]).toEqual([200, '12900']);
      const made = await fetch(`${user.origin}/users/usr_ada/invoice`, { method: 'POST' });
      expect(made.status).toBe(200);
    } finally {
      await Promise.all([user.stop(), billing.stop()]);
    }
  }, 120_000);

  it('finds nothing where the callee keeps it, nor where it drops what nobody reads', async () => {
    expect(await findings()).toEqual([]);
    const restore = changeFile(root, store, (text) =>
      text.replace('  paid: boolean;\n', '').replaceAll(', paid: false', '').replace("'id' | 'paid'", "'id'"),
    );
    expect(await findings()).toEqual([]);
    restore();
  }, 120_000);

  it('names the method and the field that is gone, where it is read', async () => {
    const restore = changeFile(root, store, (text) => text.replaceAll('amountCents', 'cents'));
    expect(await findings()).toEqual([
      `broken ${caller}: getInvoice(): billing-service does not answer with amountCents any more (${routes}:24).`,
    ]);
    restore();
  }, 120_000);

  it('names a field that is required now, and a route that is gone', async () => {
    const restore = changeFile(root, routes, (text) =>
      text
        .replace("required: ['tenantId'", "required: ['reference', 'tenantId'")
        .replace('properties: {', "properties: {\n      reference: { type: 'string' },")
        .replace("'/:id', async", "'/by-id/:id', async"),
    );
    expect(await findings()).toEqual([
      `broken ${caller}: getInvoice(): billing-service has no GET /invoices/:id any more.`,
      `broken ${caller}: createInvoice(): billing-service requires body.reference now (${routes}:29).`,
    ]);
    restore();
  }, 120_000);

  it('is written anew by s2s-upgrade', async () => {
    changeFile(root, store, (text) => text.replaceAll('amountCents', 'cents'));
    changeFile(root, routes, (text) => text.replaceAll('amountCents', 'cents'));
    const plan = await planCommand({ generator: 's2s-upgrade', args: ['--allow-dirty'] }, root);
    const client = plan.ok ? plan.edits.find(({ path }) => path.endsWith('billing-client.ts')) : undefined;
    expect(client === undefined ? undefined : textAfter(client)).toMatch(
      /interface Invoice \{[^}]*\bcents: number;/,
    );
  }, 120_000);
});

describe('a typed client in a checkout without node_modules', () => {
  const id = 'service-call-not-installed';
  const elsewhere = mkdtempSync(join(tmpdir(), 'not-installed-'));

  afterAll(() => {
    rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it('is neither made nor written anew, and the packages are named', async () => {
    const root = materialize(id, { fixture: 'type-provider', args: [] });
    const args = ['--target', 'auth', '--to', 'books', '--allow-dirty', '--no-format'];
    await runCommand({ generator: 'add-service-call', args }, root);
    cpSync(root, elsewhere, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
    for (const [generator, flags] of [
      ['s2s-upgrade', ['--allow-dirty']],
      ['add-service-call', args],
    ] as const) {
      const plan = await planCommand({ generator, args: flags }, elsewhere);
      const [obstacle] = plan.ok ? [] : plan.obstacles;
      expect(obstacle?.code).toBe('E_MISSING_PART');
      expect(obstacle?.message).toMatch(
        /books imports what is not installed or not generated \(.*\bzod\b.*\)/,
      );
    }
  }, 120_000);
});

describe('the token of a typed call', () => {
  const id = 'service-call-token';
  let root = '';
  const call = ['--target', 'user', '--to', 'billing', '--allow-dirty'];
  const clientAfter = async (): Promise<string> => {
    const plan = await planCommand({ generator: 'add-service-call', args: call }, root);
    const client = plan.ok ? plan.edits.find(({ path }) => path.endsWith('billing-client.ts')) : undefined;
    return [(client && textAfter(client)) ?? '', ...(plan.ok ? plan.notes : [])].join('\n');
  };

  beforeAll(() => {
    root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  });
  afterAll(() => {
    rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
  });

  it('goes to a callee with a guard on a route that is called, and to no other', async () => {
    expect(await clientAfter()).not.toMatch(/forwardToken|No test calls/);
    const guard = ['--target', 'billing', '--protect', 'invoicesRoutes', '--allow-dirty'];
    await runCommand({ generator: 'add-auth-middleware', args: guard }, root);
    expect(await clientAfter()).toMatch(
      /forwardToken: true[^]*No test calls the real billing-service: each of its routes needs data or a token/,
    );
    const open = changeFile(root, 'services/billing-service/src/routes/invoices.routes.ts', (text) =>
      text.replace(/.*addHook.*\n/, ''),
    );
    expect(await clientAfter()).not.toMatch(/forwardToken/);
    open();
  }, 120_000);
});

describe('joinAnswers', () => {
  const all = ['all'];

  it.each([
    [
      'all of another callee',
      { to: ['billing'], routes: all },
      { to: ['auth'], routes: all },
      { to: ['auth', 'billing'], routes: all },
    ],
    [
      'the same callee',
      { to: ['billing'], routes: ['getInvoice'] },
      { to: ['billing'], routes: all },
      { to: ['billing'], routes: all },
    ],
    [
      'some of another callee',
      { to: ['billing'], routes: ['getInvoice'] },
      { to: ['auth'], routes: all },
      { to: ['auth', 'billing'], routes: ['billing:getInvoice', 'auth:all'] },
    ],
    [
      'a third callee',
      { to: ['auth', 'billing'], routes: ['billing:getInvoice', 'auth:all'] },
      { to: ['users'], routes: all },
      { to: ['auth', 'billing', 'users'], routes: ['auth:all', 'billing:getInvoice', 'users:all'] },
    ],
  ])('keeps what was asked before: %s', (_what, before, now, joined) => {
    expect(joinAnswers(before, now)).toEqual(joined);
  });

  if (isDeep)
    it('is what is recorded after a second run', async () => {
      const id = 'service-call-twice';
      const root = materialize(id, { fixture: 'npm-workspaces', args: [] });
      for (const to of ['billing', 'auth'])
        await runCommand(
          { generator: 'add-service-call', args: ['--target', 'user', '--to', to, '--allow-dirty'] },
          root,
        );
      const { services } = readRecord(openRepo(root));
      expect(services['services/user-service']?.['add-service-call']?.answers).toMatchObject({
        to: ['auth', 'billing'],
      });
      const status = await planCommand({ generator: 's2s-status', args: [] }, root);
      expect(status).toMatchObject({ ok: true, findings: [] });
      rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
    }, 120_000);
});
