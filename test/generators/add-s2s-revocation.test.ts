import { afterEach, describe, expect, it } from 'vitest';

import { GeneratedRepo } from '../helpers/generated-repo.ts';

const middleware = 'services/user-service/src/middleware/auth.middleware.ts';
const line = 'add-s2s-revocation --target user';
let repo: GeneratedRepo;

async function arrange(name: string): Promise<void> {
  repo = new GeneratedRepo(`generators-revocation-${name}`);
  await repo.run('add-s2s --target user --protect usersRoutes --cache-ttl 60000');
}

afterEach(() => {
  repo.close();
});

describe('add-s2s-revocation', () => {
  it('leaves nothing that the other generators take back, or call drift', async () => {
    await arrange('stays');
    await repo.run(line);
    for (const again of [
      'add-s2s --target user --protect usersRoutes --cache-ttl 60000',
      'add-auth-verify',
      'add-auth-middleware --target user --protect usersRoutes --cache-ttl 60000',
      's2s-upgrade',
    ]) {
      const plan = await repo.plan(again);
      const touched = plan.ok ? plan.edits.filter(({ role }) => role !== 'record') : plan;
      expect(touched, again).toEqual([]);
    }
    const status = await repo.plan('s2s-status');
    expect(status.ok && status.findings).toEqual([]);
  });

  it('keeps what was edited elsewhere in a file, and refuses where both change the same lines', async () => {
    await arrange('merges');
    repo.edit(middleware, (text) => text.replace('/** Null on routes', '/** Always null on routes'));
    await repo.run(`${line} --allow-dirty`);
    expect(repo.read(middleware)).toContain('/** Always null on routes');
    expect(repo.read(middleware)).toContain('subscribeToRevocations(app, listener)');
    repo.close();

    await arrange('meets');
    repo.edit(middleware, (text) => text.replace('options.cacheTtl ?? 60000', 'options.cacheTtl ?? 90000'));
    const refused = await repo.plan(line);
    expect(refused.ok ? 'a plan' : refused.obstacles.map(({ code }) => code)).toEqual(['E_FILE_EDITED']);
  });
});
