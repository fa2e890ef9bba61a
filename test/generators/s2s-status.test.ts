import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { changedFiles } from '../helpers/tree.ts';
import { olderPack } from '../helpers/older-pack.ts';

const user = 'services/user-service';

let repo: GeneratedRepo;
beforeEach(async () => {
  repo = new GeneratedRepo('status');
  await repo.run('add-s2s --target user --protect usersRoutes');
});
afterEach(() => {
  deleteGeneratedRepo('status');
});

async function findings(flags = ''): Promise<readonly string[]> {
  const before = repo.tree;
  const plan = await repo.plan(`s2s-status${flags}`);
  if (!plan.ok) throw new Error(plan.obstacles[0].message);
  expect(repo.tree).toEqual(before);
  return (plan.findings ?? []).map(({ state, path, line }) => `${state} ${path}:${String(line ?? '')}`);
}

function drop(path: string, part: string): void {
  repo.edit(path, (text) =>
    text
      .split('\n')
      .filter((line) => !line.includes(part))
      .join('\n'),
  );
}

describe('s2s-status', () => {
  it('finds nothing where everything stands, and tells what is installed', async () => {
    const plan = await repo.plan('s2s-status');
    expect(plan).toMatchObject({ ok: true, edits: [], findings: [] });
    expect(plan.ok ? plan.notes : []).toEqual([
      expect.stringMatching(/^user-service has add-s2s \d+\.\d+\.\d+\.$/),
    ]);
  });

  it.each([
    ['missing', 'a generated file that is gone', `${user}/src/utils/retry-policy.ts`, undefined],
    ['unwired', 'a registration that is gone', `${user}/src/app.ts`, 'authMiddleware'],
    ['unwired', 'a guard that is gone', `${user}/src/routes/users.routes.ts`, 'authenticate'],
    ['undeclared', 'a variable that is not listed', `${user}/.env.example`, 'AUTH_SERVICE_URL'],
  ])('finds as %s %s, and --fix puts it back', async (state, _what, path, part) => {
    const before = repo.read(path);
    if (part === undefined) repo.remove(path);
    else drop(path, part);
    expect((await findings()).map((one) => one.replace(/:\d*$/, ''))).toEqual([`${state} ${path}`]);
    const plan = await repo.run('s2s-status --fix --allow-dirty');
    expect(plan.findings).toEqual([]);
    expect(
      repo
        .read(path)
        .split('\n')
        .filter((line) => line.trim() !== '')
        .sort(),
    ).toEqual(
      before
        .split('\n')
        .filter((line) => line.trim() !== '')
        .sort(),
    );
    expect(await findings()).toEqual([]);
  });

  it('finds nothing in a checkout with CRLF, where undo works as well', async () => {
    for (const [path, text] of repo.tree)
      if (!text.startsWith('link to '))
        repo.write(path, Buffer.from(text, 'latin1').toString().replaceAll('\n', '\r\n'));
    expect(await findings()).toEqual([]);
    expect(await repo.plan('add-s2s --target user --protect usersRoutes')).toMatchObject({ edits: [] });
    expect(await repo.plan('s2s-upgrade')).toMatchObject({ ok: true, edits: [] });
    await repo.run('s2s-undo --allow-dirty');
    const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
    const original = [...repo.original].map(([path, text]) => [path, crlf(text)] as const);
    expect([...changedFiles(new Map(original), repo.tree).keys()]).toEqual([]);
  });

  it('finds a dependency that is gone', async () => {
    repo.edit(`${user}/package.json`, (text) => text.replace(/,\s*"undici": "[^"]*"/, ''));
    expect((await findings()).map((one) => one.split(':')[0])).toEqual([`unwired ${user}/package.json`]);
  });

  it('finds an edit with its line, unless it is allowed', async () => {
    const path = `${user}/src/utils/circuit-breaker.ts`;
    repo.edit(path, (text) => text.replace('?? 5', '?? 7'));
    const line =
      repo
        .read(path)
        .split('\n')
        .findIndex((text) => text.includes('?? 7')) + 1;
    expect(await findings()).toEqual([`edited ${path}:${String(line)}`]);
    expect(await findings(' --allow edited')).toEqual([]);
    const plan = await repo.run('s2s-status --fix');
    expect(plan.edits).toEqual([]);
  });

  it('finds an address at which the auth service does not listen', async () => {
    repo.edit(`${user}/.env.example`, (text) => text.replace('localhost:3001', 'localhost:3999'));
    expect(await findings()).toEqual([expect.stringMatching(`unreachable ${user}/.env.example:\\d+`)]);
  });

  it('finds a service that is gone, and --fix takes it off the record', async () => {
    await repo.run('add-circuit-breaker --target billing');
    const files = ['package.json', 'src/utils/circuit-breaker.ts', 'test/circuit-breaker.test.ts'];
    for (const file of files) repo.remove(`services/billing-service/${file}`);
    expect(await findings()).toContain('orphaned services/billing-service:');
    await repo.run('s2s-status --fix --allow-dirty');
    expect(await findings()).toEqual([]);
    expect(repo.read('.s2s.json')).not.toContain('billing');
  });

  it('rebuilds a record that was lost, with the parts that are there and the edits', async () => {
    await repo.run('add-circuit-breaker --target billing --with window');
    await repo.run('add-s2s-discovery --target user --source dns,srv');
    const path = `${user}/src/utils/circuit-breaker.ts`;
    repo.edit(path, (text) => text.replace('?? 5', '?? 7'));
    const line =
      repo
        .read(path)
        .split('\n')
        .findIndex((text) => text.includes('?? 7')) + 1;
    repo.remove('.s2s.json');
    expect(await repo.plan('add-service-client --target billing')).toMatchObject({ ok: true });
    const before = repo.tree;
    const plan = await repo.run('s2s-status --adopt');
    expect(plan.findings).toMatchObject([{ state: 'edited', path, line }]);
    expect([...changedFiles(before, repo.tree).keys()]).toEqual(['.s2s.json']);
    expect(await findings()).toEqual([`edited ${path}:${String(line)}`]);
    expect(JSON.parse(repo.read('.s2s.json'))).toMatchObject({
      services: {
        'services/auth-service': { 'add-auth-verify': {} },
        'services/billing-service': { 'add-circuit-breaker': {} },
        [user]: {
          'add-circuit-breaker': {},
          'add-service-client': {},
          'add-auth-middleware': {},
          'add-s2s-discovery': {},
        },
      },
    });
    expect(await repo.plan('s2s-status --adopt')).toMatchObject({ edits: [] });
    expect(await repo.plan('s2s-upgrade')).toMatchObject({ ok: true, edits: [] });
  });

  it('looks at one service when it is named', async () => {
    repo.remove(`${user}/src/utils/retry-policy.ts`);
    expect(await findings(' --target auth')).toEqual([]);
    expect(await findings(' --target user')).toHaveLength(1);
  });
});

it('finds what newer templates would change', async () => {
  deleteGeneratedRepo('status');
  repo = new GeneratedRepo('status');
  const pack = await olderPack('cheaper-breaker');
  const plan = await pack.plan('add-circuit-breaker', { target: ['user'], format: false }, repo.root);
  if (!plan.ok) throw new Error(plan.obstacles[0].message);
  await pack.apply(plan, repo.root);
  const path = `${user}/src/utils/circuit-breaker.ts`;
  expect((await findings()).map((one) => one.replace(/:\d+$/, ''))).toEqual([`outdated ${path}`]);
  expect(await findings(' --allow outdated')).toEqual([]);
});
