import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { olderPack } from '../helpers/older-pack.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { changedFiles, type Tree } from '../helpers/tree.ts';

const user = 'services/user-service';
const answers = { target: ['user'], protect: ['usersRoutes'], format: false };
const everything = 'add-s2s --target user --protect usersRoutes';
const changes = readdirSync(join(projectRoot, 'test/generators/older-templates'));

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
  return new Map([...tree].filter(([path]) => path !== '.s2s.json'));
}

/** Generates with the templates of before a change. */
async function generateThen(change: string): Promise<void> {
  const pack = await olderPack(change);
  const plan = await pack.plan('add-s2s', answers, repo.root);
  if (!plan.ok) throw new Error(plan.obstacles[0].message);
  await pack.apply(plan, repo.root);
  expect([...changedFiles(today, withoutRecord(repo.tree)).keys()].length).toBeGreaterThan(0);
}

describe.each(changes)('s2s-upgrade over the change %s', (change) => {
  it("makes what today's templates make, and then has nothing to do", async () => {
    await generateThen(change);
    await repo.run('s2s-upgrade');
    expect(withoutRecord(repo.tree)).toEqual(today);
    expect(await repo.plan('s2s-upgrade')).toMatchObject({ ok: true, edits: [], findings: [] });
    await repo.run('s2s-undo');
    expect(repo.tree).toEqual(repo.original);
  });
});

describe('s2s-upgrade', () => {
  it('keeps an edit elsewhere in a file that the templates changed', async () => {
    await generateThen('cheaper-breaker');
    const path = `${user}/src/utils/circuit-breaker.ts`;
    repo.edit(path, (text) => text.replace('options.halfOpenMaxCalls ?? 1', 'options.halfOpenMaxCalls ?? 9'));
    await repo.run('s2s-upgrade');
    const expected = Buffer.from(today.get(path) ?? '', 'latin1').toString();
    expect(repo.read(path)).toBe(
      expected.replace('options.halfOpenMaxCalls ?? 1', 'options.halfOpenMaxCalls ?? 9'),
    );
    expect(compileService(join(repo.root, user, 'tsconfig.json'))).toEqual([]);
    expect(await repo.plan('s2s-upgrade')).toMatchObject({ ok: true, edits: [] });
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [{ state: 'edited', path }] });
  });

  it('marks the lines that both changed, and lists them', async () => {
    await generateThen('verified-tokens-only');
    const path = 'services/auth-service/src/utils/token-blacklist.ts';
    const theirs = Buffer.from(today.get(path) ?? '', 'latin1')
      .toString()
      .split('\n');
    const old = repo.read(path).split('\n');
    const both = old.findIndex((line) => line.trim() !== '' && !theirs.includes(line));
    repo.write(path, old.with(both, `${old[both] ?? ''} // mine`).join('\n'));
    const plan = await repo.run('s2s-upgrade');
    expect(plan.findings).toMatchObject([{ state: 'conflict', path }]);
    const lines = repo.read(path).split('\n');
    expect(lines[(plan.findings?.[0]?.line ?? 0) - 1]).toBe('<<<<<<< yours');
    expect(lines).toContain(`${old[both] ?? ''} // mine`);
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [{ state: 'conflict', path }] });
    // The rest has been brought up to date, and the next run of a generator does not write over markers.
    const others = [...changedFiles(today, withoutRecord(repo.tree)).keys()];
    expect(others).toEqual([path]);
    expect(await repo.plan(everything)).toMatchObject({
      ok: false,
      obstacles: [{ code: 'E_MERGE_MARKERS' }],
    });
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
