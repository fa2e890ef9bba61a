import { afterEach, beforeEach, describe, expect, it } from 'vitest';

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
    await repo.run('add-auth-middleware --target user --protect all');
    expect(order()).toEqual([
      'databasePlugin',
      'serviceTracing',
      'authMiddleware',
      'healthRoutes',
      'usersRoutes',
    ]);
    await repo.run('s2s-undo');
    await repo.run('add-auth-middleware --target user --protect all');
    await repo.run('add-s2s-tracing --target user');
    expect(order().indexOf('serviceTracing')).toBeLessThan(order().indexOf('authMiddleware'));
  });

  it('says how the service is started with it', async () => {
    const plan = await repo.run('add-s2s-tracing --target user');
    expect(plan.notes.join('\n')).toContain('node --import tsx --import ./src/tracing.ts src/server.ts');
  });
});
