import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { isDeep } from '../helpers/sampled.ts';
import { buildShared } from '../helpers/shared-package.ts';
import { changedFiles } from '../helpers/tree.ts';

const forUser = 'add-s2s --target user --protect usersRoutes';
const forBilling = 'add-s2s --target billing --protect invoicesRoutes';
const move = 's2s-upgrade --shared packages/s2s';
const copy = 'services/user-service/src/utils/service-client.ts';
const moved = 'packages/s2s/src/service-client.ts';

let repo: GeneratedRepo;
let fresh: GeneratedRepo;
beforeEach(() => {
  [repo, fresh] = [new GeneratedRepo('move-copies'), new GeneratedRepo('move-copies-fresh')];
});
afterEach(() => {
  for (const name of ['move-copies', 'move-copies-fresh']) deleteGeneratedRepo(name);
});

it('moves copies into a package: the tree is that of services that shared it from the start', async () => {
  const metrics = 'add-s2s-metrics --target user';
  for (const line of [`${forUser} --with cache`, forBilling, metrics]) await repo.run(line);
  // The last one takes over what the others have added to the package.
  for (const line of [`${forUser} --with cache --shared packages/s2s`, forBilling, metrics, forBilling])
    await fresh.run(line);
  await repo.run(move);
  expect([...changedFiles(fresh.tree, repo.tree)]).toEqual([]);
  for (const line of [move, `${forUser} --with cache`, forBilling])
    expect(await repo.plan(line)).toMatchObject({ edits: [] });
  expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
  await repo.run('s2s-undo');
  expect([...changedFiles(repo.original, repo.tree).keys()]).toEqual([]);
}, 120_000);

it('moves those of the services that are named, and their users follow', async () => {
  for (const line of ['add-service-client --target user', 'add-service-client --target billing'])
    await repo.run(line);
  const users = 'services/user-service/src/calls.ts';
  repo.write(
    users,
    "export { ServiceClient } from './utils/service-client.js';\nexport const late = () => import('./utils/circuit-breaker.js');\n",
  );
  const before = repo.tree;
  await repo.run(`${move} --target user`);
  expect(repo.read(users)).toBe(
    "export { ServiceClient } from 's2s/service-client';\nexport const late = () => import('s2s/circuit-breaker');\n",
  );
  const changed = [...changedFiles(before, repo.tree).keys()];
  expect(changed.filter((path) => path.startsWith('services/billing'))).toEqual([]);
  expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
  if (isDeep) {
    await buildShared(repo.root);
    expect(compileService(join(repo.root, 'services/user-service/tsconfig.json'))).toEqual([]);
  }
  await repo.run(`${move} --target billing`);
  expect([...repo.tree.keys()].filter((path) => /services.*service-client/.test(path))).toEqual([]);
}, 120_000);

it('carries an edit into the package, and refuses two that differ', async () => {
  for (const line of ['add-service-client --target user', 'add-service-client --target billing'])
    await repo.run(line);
  repo.edit(copy, (text) => `${text}\nexport const mine = 'kept';\n`);
  const { notes } = await repo.run(`${move} --target user`);
  expect(repo.read(moved)).toContain("export const mine = 'kept';");
  expect(notes).toContain(`Your edits of ${copy} are in ${moved} now.`);
  expect(await repo.plan('s2s-status')).toMatchObject({ findings: [{ state: 'edited', path: moved }] });
  const other = copy.replace('user', 'billing');
  repo.edit(other, (text) => `${text}\nexport const mine = 'another';\n`);
  const before = repo.tree;
  expect(await repo.plan(move)).toMatchObject({
    ok: false,
    obstacles: [{ code: 'E_FILE_EDITED', at: { path: other } }],
  });
  expect([...changedFiles(before, repo.tree)]).toEqual([]);
}, 120_000);

it('refuses a folder of somebody else, another package than is shared, and an import that cannot follow', async () => {
  await repo.run('add-circuit-breaker --target user');
  await repo.run('add-circuit-breaker --target billing --shared packages/s2s');
  expect(await repo.plan('s2s-upgrade --shared packages/other')).toMatchObject({
    ok: false,
    obstacles: [{ code: 'E_INVALID_FLAG' }],
  });
  for (const dir of ['services/user-service/src/s2s', '../outside', 'node_modules/s2s', '.git/s2s'])
    expect(await repo.plan(`s2s-upgrade --target user --shared ${dir}`)).toMatchObject({
      ok: false,
      obstacles: [{ code: 'E_PATH' }],
    });
  expect(await repo.plan('s2s-upgrade --shared none')).toMatchObject({ edits: [] });
});
