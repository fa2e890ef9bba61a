import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { runBin } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { readTree, type Tree } from '../helpers/tree.ts';
import { isDeep } from '../helpers/sampled.ts';

const name = 'doors-bin';
let root = '';
let before: Tree = new Map();

beforeEach(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  before = readTree(root);
});
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
});

describe('the bin', () => {
  it('applies, and says `unchanged` the second time, also without a commit between', async () => {
    const first = await runBin(root, 'add-service-client', '--target', 'user', '--json');
    expect(first.exitCode, first.stdout).toBe(0);
    const outcome = JSON.parse(first.stdout) as Record<string, unknown>;
    expect(Object.keys(outcome)).toEqual(
      expect.arrayContaining([
        'schema',
        'generator',
        'status',
        'targets',
        'changes',
        'obstacles',
        'next',
        'command',
      ]),
    );
    expect(outcome).toMatchObject({
      schema: 1,
      generator: 'add-service-client',
      status: 'applied',
      targets: [{ service: 'user-service', root: 'services/user-service' }],
      obstacles: [],
    });
    const breaker = {
      path: 'services/user-service/src/utils/circuit-breaker.ts',
      action: 'create',
      role: 'circuit-breaker',
      removed: 0,
    };
    expect(outcome['changes']).toContainEqual(expect.objectContaining(breaker));
    const second = await runBin(root, 'add-service-client', '--target', 'user', '--json');
    expect(second.exitCode).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ status: 'unchanged', changes: [] });
  });

  it('does not fail after it has applied where nobody reads what it prints', async () => {
    const cli = join(projectRoot, 'dist/cli.js');
    const line = `set -o pipefail; "${process.execPath}" "${cli}" add-circuit-breaker --target user | true`;
    const piped = await execa('bash', ['-c', line], { cwd: root, reject: false, stdin: 'ignore' });
    expect(piped.exitCode, piped.stderr).toBe(0);
    expect(piped.stderr).toBe('');
    expect(readTree(root).has('services/user-service/src/utils/circuit-breaker.ts')).toBe(true);
  });

  it('says which Node it needs before it loads anything that an old one cannot', async () => {
    const { version, versions } = { version: 'v18.20.8', versions: { ...process.versions, node: '18.20.8' } };
    const old = `Object.defineProperties(process, ${JSON.stringify({ version: { value: version }, versions: { value: versions } })})`;
    const cli = join(projectRoot, 'dist/cli.js');
    const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, cli, 'add-circuit-breaker'];
    const run = await execa(process.execPath, args, { cwd: root, reject: false, stdin: 'ignore' });
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toBe('');
    expect(run.stderr).toBe(
      'E_NODE_VERSION: Node 18.20.8 is too old, and nothing has changed: run the command with Node 20.19 or newer.',
    );
    expect(readTree(root)).toEqual(before);
  });

  it('takes flags before the name, and --cwd from elsewhere', async () => {
    const run = await runBin(projectRoot, '--cwd', root, 'add-circuit-breaker', '--target=billing', '--json');
    expect(run.exitCode, run.stdout + run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'applied' });
  });

  it('finds the root from a folder inside the repo', async () => {
    const inside = join(root, 'services/user-service/src');
    const run = await runBin(inside, 'add-circuit-breaker', '--target', 'user', '--json');
    expect(JSON.parse(run.stdout)).toMatchObject({
      status: 'applied',
      targets: [{ root: 'services/user-service' }],
    });
  });

  it('prints a command that gives the same plan', async () => {
    const args = [
      'add-auth-middleware',
      '--target',
      'user',
      '--protect',
      'usersRoutes',
      '--dry-run',
      '--json',
    ];
    const first = JSON.parse((await runBin(root, ...args)).stdout) as { command: string; changes: unknown };
    const flags = first.command.replace(/^npx plop-pack-s2s /, '').split(' ');
    const again = JSON.parse((await runBin(root, ...flags, '--dry-run', '--json')).stdout) as {
      changes: unknown;
    };
    expect(again.changes).toEqual(first.changes);
  });

  it.each([
    ['formatted by the repository', ['--format'], []],
    ['as it is before that', [], ['--no-format']],
  ])('previews a diff that git accepts, and leaves the tree untouched: %s', async (_, previewed, run) => {
    const args = ['add-auth-middleware', '--target', 'user', '--protect', 'usersRoutes'];
    const preview = await runBin(root, ...args, '--dry-run', ...previewed);
    expect(preview.exitCode, preview.stderr).toBe(0);
    expect(readTree(root)).toEqual(before);
    const diff = preview.stdout.slice(preview.stdout.indexOf('diff --git'));
    await execa('git', ['apply', '--check', '-'], { cwd: root, input: diff });

    const applied = await runBin(root, ...args, ...run);
    expect(applied.exitCode).toBe(0);
    const written = readTree(root);
    await execa('git', ['checkout', '--quiet', '.'], { cwd: root });
    await execa('git', ['clean', '-fdq'], { cwd: root });
    await execa('git', ['apply', '-'], { cwd: root, input: diff });
    expect(readTree(root)).toEqual(written);
  });

  it.each([
    ['a usage error', ['add-s2s', '--json'], 2, ['E_MISSING_FLAG', 'E_MISSING_FLAG']],
    ['an unknown flag', ['add-service-client', '--tarjet', 'user', '--json'], 2, ['E_UNKNOWN_FLAG']],
    ['a flag without its value', ['add-service-client', '--json', '--target'], 2, ['E_INVALID_FLAG']],
    ['an unknown service', ['add-service-client', '--target', 'usre', '--json'], 3, ['E_NO_SUCH_SERVICE']],
    ['an ambiguous one', ['add-service-client', '--target', 'service', '--json'], 3, ['E_AMBIGUOUS_TARGET']],
  ])('ends with its exit code for %s', async (_, args, exitCode, codes) => {
    const run = await runBin(root, ...args);
    expect(run.timedOut).toBe(false);
    const outcome = JSON.parse(run.stdout) as {
      status: string;
      obstacles: { code: string; remedy: string }[];
    };
    expect(outcome.status).toBe('refused');
    expect(outcome.obstacles.map(({ code }) => code)).toEqual(codes);
    expect(run.exitCode).toBe(exitCode);
    expect(readTree(root)).toEqual(before);
  });

  it('says what an unknown flag could have been', async () => {
    const run = await runBin(root, 'add-service-client', '--tarjet', 'user');
    expect(run.stdout + run.stderr).toContain('Did you mean --target?');
  });

  it('prints help without looking at a repo', async () => {
    const run = await runBin('/', 'add-auth-middleware', '--help');
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('--protect');
    expect(run.stdout).toContain('--dry-run ');
  });

  it('says what it found and can do when no generator is named', async () => {
    const run = await runBin(root);
    expect(run.exitCode).toBe(2);
    expect(run.stdout + run.stderr).toContain('auth-service');
    expect(run.stdout + run.stderr).toContain('add-auth-verify');
    const elsewhere = await runBin(join(root, 'services'), '--cwd', root);
    expect(elsewhere.exitCode).toBe(2);
    expect(elsewhere.stderr).toContain('billing-service');
    expect(elsewhere.stderr).toContain('The generator is missing');
  });

  it('tells the nearest generator for a wrong name', async () => {
    const run = await runBin(root, 'add-auth-verfy', '--json');
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({
      status: 'refused',
      obstacles: [{ code: 'E_UNKNOWN_GENERATOR', remedy: 'Did you mean add-auth-verify?' }],
    });
  });

  it('refuses a file with uncommitted changes unless it is told', async () => {
    const file = join(root, 'services/auth-service/src/app.ts');
    writeFileSync(file, `${readFileSync(file, 'utf8')}// a change\n`);
    const refused = await runBin(root, 'add-auth-verify', '--json');
    expect(refused.exitCode).toBe(3);
    expect(JSON.parse(refused.stdout)).toMatchObject({ status: 'refused', obstacles: [{ code: 'E_DIRTY' }] });
    const allowed = await runBin(root, 'add-auth-verify', '--allow-dirty', '--json');
    expect(JSON.parse(allowed.stdout)).toMatchObject({ status: 'applied' });
  });

  if (isDeep)
    it('checks the types of the changed service before it is done', { timeout: 90_000 }, async () => {
      const run = await runBin(root, 'add-circuit-breaker', '--target', 'billing', '--check', '--json');
      expect(run.exitCode, run.stdout).toBe(0);
      expect(JSON.parse(run.stdout)).toMatchObject({ status: 'applied' });
    });
});
