import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import prettier from 'prettier';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { isRecordPath } from '../helpers/arrange-case.ts';
import { olderPack, olderVersion, type Pack } from '../helpers/older-pack.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { isDeep, sampled } from '../helpers/sampled.ts';
import { changedFiles, type Tree } from '../helpers/tree.ts';

const user = 'services/user-service';
const everything = 'add-s2s --target user --protect usersRoutes';
const changes = readdirSync(join(projectRoot, 'test/generators/older-templates'));
const rows = sampled(
  [
    ...changes.map((change) => ({ change, flags: '' })),
    // The middleware in one file is older than packages that services share.
    ...changes
      .filter((change) => change !== 'one-file-middleware')
      .map((change) => ({ change, flags: ' --shared packages/s2s' })),
  ],
  1,
);

let repo: GeneratedRepo;
let today: Tree = new Map();
beforeEach(async () => {
  repo = new GeneratedRepo('upgrade');
  await repo.run(everything);
  today = withoutRecord(repo.tree);
  repo = new GeneratedRepo('upgrade');
});
afterEach(() => {
  deleteGeneratedRepo('upgrade');
});

function withoutRecord(tree: Tree): Tree {
  return new Map([...tree].filter(([path]) => !isRecordPath(path)));
}

/** Generates with the templates of before a change. Gives the pack of today. */
async function generateThen(change: string, flags = ''): Promise<Pack> {
  const { older, today: pack } = await olderPack(change);
  if (flags !== '') {
    await repo.run(everything + flags);
    today = withoutRecord(repo.tree);
    repo = new GeneratedRepo('upgrade');
  }
  await repo.run(everything + flags, older);
  expect([...changedFiles(today, withoutRecord(repo.tree)).keys()].length).toBeGreaterThan(0);
  expect(repo.record.services[user]?.['add-s2s']?.version).toBe(olderVersion);
  return pack;
}

describe.each(rows)('s2s-upgrade$flags over the change $change', ({ change, flags }) => {
  it("makes what today's templates make, and then has nothing to do", async () => {
    const pack = await generateThen(change, flags);
    await repo.run('s2s-upgrade', pack);
    expect(withoutRecord(repo.tree)).toEqual(today);
    expect(await repo.plan('s2s-upgrade', pack)).toMatchObject({ ok: true, edits: [], findings: [] });
    const stale = Object.entries(repo.record.files).filter(([, file]) =>
      JSON.stringify(file).includes(olderVersion),
    );
    // A package is made once: what only that renders keeps its version.
    const made = flags === '' ? [] : ['packages/s2s/vitest.config.ts'];
    expect(stale.map(([path]) => path)).toEqual(made);
    await repo.run('s2s-undo');
    expect(repo.tree).toEqual(repo.original);
  });
});

describe('s2s-upgrade', () => {
  if (isDeep)
    it('keeps an edit elsewhere in a file that the templates changed', async () => {
      const pack = await generateThen('cheaper-breaker');
      const path = `${user}/src/utils/circuit-breaker.ts`;
      const edit = (text: string): string => text.replace('" is open`', '" is not closed`');
      repo.edit(path, edit);
      await repo.run('s2s-upgrade', pack);
      const expected = Buffer.from(today.get(path) ?? '', 'latin1').toString();
      expect(repo.read(path)).toBe(edit(expected));
      expect(compileService(join(repo.root, user, 'tsconfig.json'))).toEqual([]);
      expect(await repo.plan('s2s-upgrade', pack)).toMatchObject({ ok: true, edits: [] });
      expect(await repo.plan('s2s-status', pack)).toMatchObject({ findings: [{ state: 'edited', path }] });
    });

  it('marks the lines that both changed, and lists them', async () => {
    const pack = await generateThen('verified-tokens-only');
    const path = 'services/auth-service/src/utils/token-blacklist.ts';
    const theirs = Buffer.from(today.get(path) ?? '', 'latin1')
      .toString()
      .split('\n');
    const old = repo.read(path).split('\n');
    const both = old.findIndex((line) => line.trim() !== '' && !theirs.includes(line));
    repo.write(path, old.with(both, `${old[both] ?? ''} // mine`).join('\n'));
    const plan = await repo.run('s2s-upgrade', pack);
    expect(plan.findings).toMatchObject([{ state: 'conflict', path }]);
    const lines = repo.read(path).split('\n');
    expect(lines[(plan.findings?.[0]?.line ?? 0) - 1]).toBe('<<<<<<< yours');
    expect(lines).toContain(`${old[both] ?? ''} // mine`);
    expect(await repo.plan('s2s-status', pack)).toMatchObject({ findings: [{ state: 'conflict', path }] });
    // The rest has been brought up to date, and the next run of a generator does not write over markers.
    const others = [...changedFiles(today, withoutRecord(repo.tree)).keys()];
    expect(others).toEqual([path]);
    expect(await repo.plan(everything)).toMatchObject({
      ok: false,
      obstacles: [{ code: 'E_MERGE_MARKERS' }],
    });
  });

  it('moves the functions of the middleware into a file of their own, and loses no edit of theirs', async () => {
    const pack = await generateThen('one-file-middleware');
    const path = `${user}/src/middleware/auth.middleware.ts`;
    expect(repo.tree.has(`${user}/src/utils/authentication.ts`)).toBe(false);
    const edits = [
      ['interface FastifyInstance {', 'interface FastifyInstance extends Mine {'],
      ['MAX_TOKEN_LENGTH = 8_192', 'MAX_TOKEN_LENGTH = 4_096'],
    ] as const;
    for (const [from, to] of edits) repo.edit(path, (text) => text.replace(from, to));
    const plan = await repo.run('s2s-upgrade', pack);
    // The second one has moved away: it is marked, with what it was part of.
    expect(plan.findings).toMatchObject([{ state: 'conflict', path }]);
    for (const [, to] of edits) expect(repo.read(path)).toContain(to);
    const markers = /^<{7} yours\n[^]*?^={7}\n([^]*?)^>{7}.*\n/gm;
    repo.edit(path, (text) => text.replace(markers, '$1'));
    const expected = Buffer.from(today.get(path) ?? '', 'latin1').toString();
    expect(repo.read(path)).toBe(expected.replace(...edits[0]));
    expect([...changedFiles(today, withoutRecord(repo.tree)).keys()]).toEqual([path]);
  });

  it('leaves an edited file of a version that it does not carry, and says what to do', async () => {
    await generateThen('cheaper-breaker');
    const path = `${user}/src/utils/circuit-breaker.ts`;
    repo.edit(path, (text) => text.replace('options.halfOpenMaxCalls ?? 1', 'options.halfOpenMaxCalls ?? 9'));
    const edited = repo.read(path);
    const plan = await repo.run('s2s-upgrade');
    expect(plan.findings).toMatchObject([
      { state: 'edited', path, message: expect.stringContaining('--force') as unknown },
    ]);
    expect(repo.read(path)).toBe(edited);
    expect(await repo.plan('s2s-upgrade')).toMatchObject({
      edits: [],
      findings: [{ state: 'edited', path }],
    });
  });

  if (isDeep)
    it('has nothing to merge after an upgrade of a reformatted repository', async () => {
      const pack = await generateThen('cheaper-breaker');
      const path = `${user}/src/utils/circuit-breaker.ts`;
      const other = { parser: 'typescript', printWidth: 60, semi: false, useTabs: true } as const;
      repo.write(path, await prettier.format(repo.read(path), other));
      await repo.run('s2s-upgrade', pack);
      expect(withoutRecord(repo.tree)).toEqual(today);
    });

  it('adds a part beside a breaker that was edited', async () => {
    await repo.run('add-circuit-breaker --target billing');
    const path = 'services/billing-service/src/utils/circuit-breaker.ts';
    repo.edit(path, (text) => text.replace('options.failureThreshold ?? 5', 'options.failureThreshold ?? 9'));
    const edited = repo.read(path);
    await repo.run('add-circuit-breaker --target billing --with window');
    expect(repo.read(path)).toBe(edited);
    expect(repo.read('services/billing-service/src/utils/outcome-window.ts')).toContain('failureRate');
    expect(compileService(join(repo.root, 'services/billing-service/tsconfig.json'))).toEqual([]);
  });

  it('says so when nothing is recorded', async () => {
    expect(await repo.plan('s2s-upgrade')).toMatchObject({
      ok: true,
      edits: [],
      notes: ['Nothing is recorded in .s2s.json, so there is nothing to upgrade.'],
    });
  });
});
