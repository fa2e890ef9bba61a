import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { buildShared } from '../helpers/shared-package.ts';
import { changedFiles, type Tree } from '../helpers/tree.ts';
import { isDeep } from '../helpers/sampled.ts';

const forUser = 'add-s2s --target user --protect usersRoutes --shared packages/s2s';
const forBilling = 'add-s2s --target billing --protect invoicesRoutes';
const client = 'packages/s2s/src/service-client.ts';

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('shared-package');
});
afterEach(() => {
  deleteGeneratedRepo('shared-package');
});

function foldersOf(before: Tree): readonly string[] {
  const changed = [...changedFiles(before, repo.tree).keys()];
  return [...new Set(changed.map((path) => path.split('/').slice(0, 2).join('/')))].sort();
}

describe('a package that services share', () => {
  it('is used by the next service without the flag, which gets nothing but its names and its wiring', async () => {
    await repo.run(forUser);
    const before = repo.tree;
    await repo.run(forBilling);
    expect(foldersOf(before)).toEqual(['services/billing-service']);
    const own = [...changedFiles(before, repo.tree).keys()].map((path) => path.split('/').slice(2).join('/'));
    expect(own.filter((path) => path.startsWith('src/utils'))).toEqual([]);
    for (const line of [forUser, forBilling]) expect(await repo.plan(line)).toMatchObject({ edits: [] });
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
  });

  it.each([
    ['user', 'billing'],
    ['billing', 'user'],
  ])('stays when %s is undone, and goes with %s', async (first, last) => {
    await repo.run(forUser);
    await repo.run(forBilling);
    const both = repo.tree;
    await repo.run(`s2s-undo --target ${first}`);
    expect(foldersOf(both)).toEqual([`services/${first}-service`]);
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
    await repo.run(`s2s-undo --target ${last}`);
    expect([...changedFiles(repo.original, repo.tree).keys()]).toEqual([]);
  });

  it.each([
    ['packages:\n  # first\n  - services/*\n\n  - "tools/*"\ncatalog: {}\n', '  - services/*'],
    [`packages:\r\n${'- a\r\n'.repeat(2_000)}  weird: x\r\n`, '- a\r'],
  ])('is listed before the first package of a workspace of pnpm, %#', async (text, first) => {
    const path = 'pnpm-workspace.yaml';
    repo.write(path, text);
    await repo.run('add-circuit-breaker --target user --shared lib/s2s');
    const line = first.replace(/- .*?(?=\r?$)/, '- lib/s2s');
    expect(repo.read(path)).toBe(text.replace(first, `${line}\n${first}`));
  });

  it('is built before a service that the root builds, which refers to it until it is undone', async () => {
    const references = [{ path: 'services/user-service' }];
    repo.write('tsconfig.json', JSON.stringify({ files: [], references }, undefined, 2));
    const before = repo.tree;
    await repo.run(forUser);
    const reference = '"references": [{ "path": "../../packages/s2s/tsconfig.build.json" }]';
    expect(repo.read('services/user-service/tsconfig.json')).toContain(reference);
    expect(await repo.plan(forUser)).toMatchObject({ edits: [] });
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
    await repo.run('s2s-undo');
    expect([...changedFiles(before, repo.tree).keys()]).toEqual([]);
  });

  it('depends on what verifies tokens in it', async () => {
    const local =
      '--verify local --jwks https://login.acme.test/keys --issuer https://login.acme.test/ --audience api';
    await repo.run(`add-auth-middleware --target user --protect none ${local} --shared packages/s2s`);
    expect(repo.read('packages/s2s/package.json')).toContain('"jose"');
    expect(repo.read('services/user-service/package.json')).not.toContain('"jose"');
  });

  it('is none for a service that shall have copies, now and later', async () => {
    await repo.run('add-circuit-breaker --target user --shared none');
    expect(await repo.plan('add-circuit-breaker --target user')).toMatchObject({ edits: [], notes: [] });
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
  });

  it('goes with the last service that shares it, while others stay', async () => {
    await repo.run('add-auth-verify');
    await repo.run('add-service-client --target billing --shared none');
    const before = repo.tree;
    await repo.run('add-auth-middleware --target user --protect usersRoutes --shared packages/s2s');
    expect(foldersOf(before)).toEqual(['package.json', 'packages/s2s', 'services/user-service']);
    await repo.run('s2s-undo --target user');
    expect([...changedFiles(before, repo.tree).keys()]).toEqual([]);
  });

  it('is made again where a build has left its output', async () => {
    await repo.run('add-circuit-breaker --target user --shared packages/s2s');
    await repo.run('s2s-undo');
    mkdirSync(join(repo.root, 'packages/s2s/dist'), { recursive: true });
    repo.write('packages/s2s/dist/circuit-breaker.js', '');
    expect(await repo.plan('add-circuit-breaker --target user --shared packages/s2s')).toMatchObject({
      ok: true,
    });
  });

  it('is named in a note where a service gets a copy instead', async () => {
    const { notes } = await repo.run('add-circuit-breaker --target user');
    expect(notes.filter((note) => note.includes('--shared'))).toHaveLength(1);
    const asked = await repo.run('add-circuit-breaker --target billing --shared none');
    expect(asked.notes.filter((note) => note.includes('--shared'))).toEqual([]);
  });

  it('stays while other code imports it', async () => {
    await repo.run(forUser);
    const file = 'services/billing-service/src/client.ts';
    repo.write(file, "export { ServiceClient } from 's2s/service-client';\n");
    const plan = await repo.plan('s2s-undo --target user');
    expect(plan).toMatchObject({ ok: false, obstacles: [{ code: 'E_IN_USE', at: { path: file, line: 1 } }] });
  });

  it('keeps an edit when a part is added for another service', async () => {
    await repo.run(forUser);
    repo.edit(client, (text) => `${text}\nexport const mine = 'kept';\n`);
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [{ state: 'edited', path: client }] });
    await repo.run(`${forBilling} --with diagnostics`);
    expect(repo.read(client)).toContain("export const mine = 'kept';");
    expect(repo.read(client)).toContain("'./service-diagnostics.js'");
  });

  it('has its client find endpoints by one option where the middleware of the service is registered', async () => {
    await repo.run('add-auth-middleware --target user --protect usersRoutes --shared packages/s2s');
    await repo.run('add-s2s-discovery --target user --source static');
    const app = repo.read('services/user-service/src/app.ts');
    expect(app).toContain('app.register(authMiddleware, { connect: connectService })');
  });

  it('is known again where the records were deleted', async () => {
    await repo.run(forUser);
    await repo.run(forBilling);
    const records = [...repo.tree.keys()].filter((path) => path.endsWith('.s2s.json'));
    for (const path of records) repo.remove(path);
    expect(await repo.plan(forBilling)).toMatchObject({ edits: [] });
    await repo.run('s2s-status --rebuild-record');
    for (const line of [forUser, forBilling]) expect(await repo.plan(line)).toMatchObject({ edits: [] });
  });

  if (isDeep)
    it('compiles with what other generators add to a service', async () => {
      await repo.run(`${forUser} --with cache,diagnostics --cache-ttl 5000`);
      for (const line of [
        'add-s2s-metrics --target user',
        'add-s2s-tracing --target user',
        'add-s2s-discovery --target user --source static,dns',
        'add-s2s-revocation --target user',
        'add-s2s-rate-limit --target user',
        'add-service-call --target user --to billing --routes all',
      ])
        await repo.run(line);
      await buildShared(repo.root);
      for (const dir of ['packages/s2s', 'services/user-service', 'services/auth-service'])
        expect(compileService(join(repo.root, dir, 'tsconfig.json'))).toEqual([]);
      expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
      rmSync(join(repo.root, 'packages/s2s/dist'), { recursive: true });
      await repo.run('s2s-undo');
      expect([...changedFiles(repo.original, repo.tree).keys()]).toEqual([]);
    }, 240_000);
});

describe('a folder that cannot be shared', () => {
  it.each([
    ['../outside', 'E_PATH'],
    ['services/billing-service', 'E_PATH'],
    ['services/user-service/src/s2s', 'E_PATH'],
    ['node_modules/s2s', 'E_PATH'],
    ['.github/s2s', 'E_PATH'],
    ['.', 'E_PATH'],
  ])('%s is refused', async (dir, code) => {
    const plan = await repo.plan(`add-circuit-breaker --target user --shared ${dir}`);
    expect(plan).toMatchObject({ ok: false, obstacles: [{ code }] });
  });

  it('has files of somebody else', async () => {
    mkdirSync(join(repo.root, 'packages/s2s'), { recursive: true });
    repo.write('packages/s2s/index.ts', 'export {};\n');
    const plan = await repo.plan(forUser);
    expect(plan).toMatchObject({ ok: false, obstacles: [{ code: 'E_PATH' }] });
  });

  it.each(['../outside', 'node_modules/s2s', 'services/billing-service'])(
    'is not reached by a record that says %s',
    async (dir) => {
      await repo.run('add-circuit-breaker --target user --shared packages/s2s');
      repo.edit('services/user-service/.s2s.json', (text) => text.replace('packages/s2s"', `${dir}"`));
      const plan = await repo.plan('add-circuit-breaker --target user');
      expect(plan).toMatchObject({ ok: false, obstacles: [{ code: 'E_PATH' }] });
    },
  );

  it('is an ES module, and the service is CommonJS', async () => {
    await repo.run('add-circuit-breaker --target user --shared packages/s2s');
    repo.edit('services/billing-service/package.json', (text) => text.replace('"module"', '"commonjs"'));
    for (const flags of ['', ' --shared packages/s2s']) {
      const plan = await repo.plan(`add-circuit-breaker --target billing${flags}`);
      expect(plan).toMatchObject({
        ok: false,
        obstacles: [{ code: 'E_INVALID_FLAG', remedy: expect.stringContaining('--shared none') as unknown }],
      });
    }
    const copies = await repo.run('add-circuit-breaker --target billing --shared none');
    expect(copies.edits.filter(({ path }) => path.startsWith('packages/'))).toEqual([]);
  });

  it('is refused for a service that has copies, or shares another', async () => {
    await repo.run('add-circuit-breaker --target user');
    await repo.run('add-circuit-breaker --target billing --shared packages/s2s');
    const again = await repo.plan('add-service-client --target user --shared packages/s2s');
    expect(again).toMatchObject({ ok: false, obstacles: [{ code: 'E_INVALID_FLAG' }] });
    const other = await repo.plan('add-service-client --target billing --shared packages/other');
    expect(other).toMatchObject({ ok: false, obstacles: [{ code: 'E_INVALID_FLAG' }] });
    const copies = await repo.run('add-service-client --target user');
    expect(copies.edits.filter(({ path }) => path.startsWith('packages/'))).toEqual([]);
  });
});
