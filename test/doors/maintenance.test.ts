import { chmodSync, chownSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { hashText } from '../../generators/_engine/record/hash.ts';
import { sealed } from '../../generators/_engine/apply/signed-journal.ts';
import { childEnvironment } from '../helpers/child-environment.ts';
import { runBin, runPlop } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { changedFiles, readTree, type Tree } from '../helpers/tree.ts';

const name = 'doors-maintenance';
const user = 'services/user-service';
const add = ['add-circuit-breaker', '--target', 'user'];
let root = '';
let before: Tree = new Map();

beforeEach(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  before = readTree(root);
});
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
});

describe('undo and status, by both doors', () => {
  it('tells drift with exit code 5, fixes it, and gives the bytes back', async () => {
    expect((await runBin(root, ...add)).exitCode).toBe(0);
    expect((await runBin(root, 's2s-status')).exitCode).toBe(0);
    const after = readTree(root);
    rmSync(join(root, user, 'src/utils/circuit-breaker.ts'));
    const drift = await runBin(root, 's2s-status', '--json');
    expect(drift.exitCode).toBe(5);
    expect(JSON.parse(drift.stdout)).toMatchObject({
      status: 'drift',
      changes: [],
      findings: [{ state: 'missing', path: `${user}/src/utils/circuit-breaker.ts` }],
    });
    const plop = await runPlop(root, 's2s-status');
    expect(plop.exitCode, plop.stdout).toBe(5);
    expect(plop.stdout).toMatch(/missing +services\/user-service\/src\/utils\/circuit-breaker\.ts/);
    expect((await runPlop(root, 's2s-status', '--fix')).exitCode).toBe(0);
    expect(readTree(root)).toEqual(after);
    expect((await runPlop(root, 's2s-undo')).exitCode).toBe(0);
    expect(readTree(root)).toEqual(before);
    expect(readdirSync(join(root, user, 'src'))).not.toContain('utils');
  });

  it('prints the diff of an undo that git takes, and writes nothing', async () => {
    await runBin(root, ...add);
    const after = readTree(root);
    const { stdout } = await runBin(root, 's2s-undo', '--dry-run');
    expect(readTree(root)).toEqual(after);
    const diff = stdout.slice(0, stdout.indexOf('● '));
    await execa('git', ['apply'], { cwd: root, input: diff });
    expect(readTree(root)).toEqual(before);
  });

  it('draws the same graph, alone on standard output', async () => {
    const byBin = await runBin(root, 's2s-graph');
    expect(byBin.stdout).toMatch(/^flowchart LR\n {2}n0\["auth-service<br\/>port 3001, issues tokens/);
    expect(byBin).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await runPlop(root, 's2s-graph')).stdout).toBe(byBin.stdout);
    expect((await runPlop(root, 's2s-graph', '--out', 'docs/services.svg', '--format', 'svg')).exitCode).toBe(
      0,
    );
    expect([...changedFiles(before, readTree(root)).keys()]).toEqual(['docs/services.svg']);
  });

  it('recovers what a killed run has left, when it is asked to', async () => {
    const path = join(root, user, 'src/app.ts');
    const journal = {
      id: 'killed',
      holder: `${String(2 ** 22 + 1)}-0-1@${encodeURIComponent(hostname())}`,
      entries: [
        {
          target: `${user}/src/app.ts`,
          before: Buffer.from(before.get(`${user}/src/app.ts`) ?? '', 'latin1').toString('base64'),
          after: hashText('written'),
          mode: 0o644,
        },
      ],
      folders: [],
      emptied: [],
    };
    writeFileSync(path, 'written');
    writeFileSync(join(root, '.s2s.journal'), sealed(root, journal));
    const run = await runBin(root, 's2s-undo', '--recover');
    expect(run.stdout).toContain('its partial changes were rolled back');
    expect(run.exitCode).toBe(0);
    expect(readTree(root)).toEqual(before);
    expect((await runBin(root, 's2s-undo', '--recover')).stdout).toContain('No interrupted run was found');
  });
});

describe('a disk that refuses', () => {
  /** Root may write anything: then the run is another user's. */
  async function runAsUser(...args: readonly string[]): Promise<{ exitCode?: number; stdout: string }> {
    const isRoot = process.getuid?.() === 0;
    if (isRoot)
      for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' }))
        chownSync(join(root, entry), 65_534, 65_534);
    if (isRoot) chownSync(root, 65_534, 65_534);
    return execa(process.execPath, [join(projectRoot, 'dist/cli.js'), ...args, '--json', '--allow-dirty'], {
      cwd: root,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: childEnvironment({ HOME: root }),
      ...(isRoot && { uid: 65_534, gid: 65_534 }),
    });
  }

  it.each([
    ['a read-only folder', 'src', 0o555, `${user}/src/utils/circuit-breaker.ts`],
    ['a read-only file', 'package.json', 0o444, `${user}/package.json`],
  ])('gets nothing half written into %s', async (_what, place, mode, path) => {
    const target = join(root, user, place);
    const usual = statSync(target).mode;
    chmodSync(target, mode);
    try {
      const run = await runAsUser('add-service-client', '--target', 'user', '--no-format');
      expect(run.exitCode, run.stdout).toBe(3);
      const { obstacles } = JSON.parse(run.stdout) as {
        obstacles: readonly { code: string; path: string }[];
      };
      expect(new Set(obstacles.map(({ code }) => code))).toEqual(new Set(['E_WRITE']));
      expect(obstacles.map((obstacle) => obstacle.path)).toContain(path);
      expect(readTree(root)).toEqual(before);
    } finally {
      chmodSync(target, usual);
    }
  });
});

it('lets two runs at once write one after the other, or not at all', async () => {
  const runs = await Promise.all(
    ['user', 'billing', 'user'].map((target) =>
      runBin(root, 'add-circuit-breaker', '--target', target, '--no-format', '--json'),
    ),
  );
  for (const { exitCode, stdout } of runs) {
    expect([0, 3], stdout).toContain(exitCode);
    // E_FILE_EXISTS: the files came while it was planning.
    if (exitCode === 3) expect(stdout).toMatch(/E_LOCKED|E_FILE_CHANGED|E_FILE_EXISTS/);
  }
  // Whoever was refused comes again, and the result is as if all had waited.
  for (const target of ['user', 'billing']) {
    const again = await runBin(root, 'add-circuit-breaker', '--target', target, '--no-format');
    expect(again.exitCode, again.stdout).toBe(0);
  }
  const files = [...changedFiles(before, readTree(root)).keys()];
  expect(files.filter((path) => path.endsWith('circuit-breaker.ts'))).toHaveLength(2);
  expect(files.filter((path) => /\.s2s(\.journal)?$|\.s2s\.journal/.test(path))).toEqual([]);
  expect((await runBin(root, 's2s-status')).exitCode).toBe(0);
});
