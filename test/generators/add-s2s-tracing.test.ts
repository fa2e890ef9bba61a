import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isRecordPath } from '../helpers/arrange-case.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';

const user = 'services/user-service/src';

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('tracing');
});
afterEach(() => {
  deleteGeneratedRepo('tracing');
});

describe('add-s2s-tracing', () => {
  it('shares what is published with the metrics, in whichever order they come', async () => {
    await repo.run('add-s2s-tracing --target user');
    const client = repo.read(`${user}/utils/service-client.ts`);
    await repo.run('add-s2s-metrics --target user');
    expect(repo.read(`${user}/utils/service-client.ts`)).toBe(client);
    const again = await repo.plan('add-s2s-tracing --target user');
    expect(again).toMatchObject({ ok: true, edits: [] });
    expect(await repo.plan('s2s-status')).toMatchObject({ ok: true, findings: [] });
  });

  it('is registered before the middleware, also when that comes later', async () => {
    const order = (): readonly string[] =>
      [...repo.read(`${user}/app.ts`).matchAll(/register\((\w+)/g)].map(([, name = '']) => name);
    await repo.run('add-s2s-tracing --target user');
    await repo.run('add-auth-middleware --target user --protect all --public /health');
    expect(order()).toEqual([
      'databasePlugin',
      'serviceTracing',
      'authMiddleware',
      'healthRoutes',
      'usersRoutes',
    ]);
    await repo.run('s2s-undo');
    await repo.run('add-auth-middleware --target user --protect all --public /health');
    await repo.run('add-s2s-tracing --target user');
    expect(order().indexOf('serviceTracing')).toBeLessThan(order().indexOf('authMiddleware'));
  });

  it('says how the service is started with it', async () => {
    const plan = await repo.run('add-s2s-tracing --target user');
    expect(plan.notes.join('\n')).toContain('node --import tsx --import ./src/tracing.ts src/server.ts');
  });
});

describe('what metrics and traces add', () => {
  /** All files but the record. */
  const code = (): ReadonlyMap<string, string> =>
    new Map([...repo.tree].filter(([path]) => !isRecordPath(path)));

  it('goes by itself: every other file is as it was before, to the byte', async () => {
    await repo.run('add-s2s --target user --protect all --public /health');
    const before = code();
    await repo.run('add-s2s-metrics --target user');
    const counted = code();
    await repo.run('add-s2s-tracing --target user');
    await repo.run('s2s-undo --generator add-s2s-tracing');
    expect(code()).toEqual(counted);
    await repo.run('s2s-undo --generator add-s2s-metrics');
    expect(code()).toEqual(before);
    expect(await repo.plan('s2s-status')).toMatchObject({ ok: true, findings: [] });
    await repo.run('s2s-undo');
    expect(repo.tree).toEqual(repo.original);
  });

  it('goes from files that were edited since, and leaves the edits', async () => {
    await repo.run('add-s2s --target user --protect usersRoutes');
    const client = `${user}/utils/service-client.ts`;
    const before = repo.read(client);
    await repo.run('add-s2s-metrics --target user');
    repo.edit(client, (text) => text.replace('1_048_576', '2_097_152'));
    await repo.run('s2s-undo --generator add-s2s-metrics --allow-dirty');
    expect(repo.read(client)).toBe(before.replace('1_048_576', '2_097_152'));
  });

  it('stays where another generator needs it', async () => {
    await repo.run('add-s2s-metrics --target user');
    await repo.run('add-s2s-tracing --target user');
    const before = repo.tree;
    const plan = await repo.plan('s2s-undo --generator add-s2s-metrics');
    const codes = plan.ok ? [] : plan.obstacles.map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(['E_IN_USE']));
    expect(repo.tree).toEqual(before);
  });
});
