import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { isRecordPath } from '../helpers/arrange-case.ts';
import { changedFiles } from '../helpers/tree.ts';

const user = 'services/user-service';
const auth = 'services/auth-service';

/** A record of every generator, with answers that are no defaults. */
const commands = [
  `add-s2s --target user --protect usersRoutes --path /internal/verify --cache-ttl 7000 --decorate caller --transport fetch --without retry --with window`,
  'add-s2s-metrics --target user --transport fetch --without retry',
  'add-s2s-tracing --target user --transport fetch --without retry',
  'add-s2s-rate-limit --target auth --path /internal/verify',
  'add-s2s-rate-limit --target user --store memory',
  'add-s2s-revocation --target user',
  'add-s2s-discovery --target user --source dns,consul --transport fetch --without retry',
];

let repo: GeneratedRepo;
let files: readonly string[];
beforeAll(async () => {
  repo = new GeneratedRepo('adopt');
  for (const command of commands) await repo.run(command);
  files = generated();
  repo.removeRecords();
});
afterAll(() => {
  deleteGeneratedRepo('adopt');
});

function generated(): readonly string[] {
  return Object.entries(repo.record.files).flatMap(([path, { kind }]) =>
    kind === 'generated' ? [path] : [],
  );
}

describe('s2s-status --rebuild-record', () => {
  it('finds the runs of every generator, with their answers, in the code that is there', async () => {
    const before = repo.tree;
    const plan = await repo.run('s2s-status --rebuild-record');
    expect([...changedFiles(before, repo.tree).keys()].every(isRecordPath)).toBe(true);
    expect(plan.findings).toEqual([]);
    const { services } = repo.record;
    expect(Object.keys(services[auth] ?? {}).sort()).toEqual(['add-auth-verify', 'add-s2s-rate-limit']);
    expect(Object.keys(services[user] ?? {}).sort()).toEqual([
      'add-auth-middleware',
      'add-circuit-breaker',
      'add-s2s',
      'add-s2s-discovery',
      'add-s2s-metrics',
      'add-s2s-rate-limit',
      'add-s2s-revocation',
      'add-s2s-tracing',
      'add-service-client',
    ]);
    const client = { transport: 'fetch', without: ['retry'] };
    expect(services[user]).toMatchObject({
      'add-s2s': { answers: { path: '/internal/verify', cacheTtl: '7000', decorate: 'caller', ...client } },
      'add-s2s-rate-limit': { answers: { store: 'memory' } },
      'add-s2s-metrics': { answers: client },
    });
    expect(services[auth]).toMatchObject({
      'add-auth-verify': { answers: { path: '/internal/verify', blacklist: 'redis' } },
      'add-s2s-rate-limit': { answers: { path: '/internal/verify', store: 'redis' } },
    });
  });

  it('leaves no generated file out', () => {
    expect([...generated()].sort()).toEqual([...files].sort());
  });

  it('is nothing the second time, and nothing is to be upgraded', async () => {
    expect(await repo.plan('s2s-status --rebuild-record')).toMatchObject({
      ok: true,
      edits: [],
      findings: [],
    });
    expect(await repo.plan('s2s-upgrade')).toMatchObject({ ok: true, edits: [] });
  });
});

it('finds the middleware also where more than one service signs tokens', async () => {
  deleteGeneratedRepo('adopt');
  repo = new GeneratedRepo('adopt');
  repo.edit(`${auth}/src/server.ts`, (text) => text.replace('3001', '3055'));
  await repo.run('add-auth-middleware --target user --auth auth --protect none --cache-ttl 7000');
  repo.removeRecords();
  repo.write(
    'services/billing-service/src/sign.ts',
    "import jwt from 'jsonwebtoken';\njwt.sign({}, 'secret');\n",
  );
  expect(await repo.plan('add-auth-verify')).toMatchObject({ ok: false });
  expect((await repo.run('s2s-status --rebuild-record')).findings).toEqual([]);
  expect(repo.record.services[user]).toMatchObject({
    'add-auth-middleware': { answers: { auth, cacheTtl: '7000' } },
  });
});
