import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { childEnvironment } from '../helpers/child-environment.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';

const name = 'doors-no-network';
const folder = mkdtempSync(join(tmpdir(), 's2s-network-'));
const log = join(folder, 'log');
let root = '';

beforeEach(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  rmSync(log, { force: true });
});
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** Node with every way to a network closed, in it and in the processes that it starts. */
function runAlone(...args: readonly string[]) {
  const preload = join(projectRoot, 'test/helpers/no-network.cjs');
  return execa(process.execPath, args, {
    cwd: root,
    stdin: 'ignore',
    reject: false,
    extendEnv: false,
    env: childEnvironment({ NODE_OPTIONS: `--require ${preload}`, NETWORK_LOG: log, NO_COLOR: '1' }),
  });
}

const attempts = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');

describe('the network', () => {
  it('is not used by any generator, from preview to undo', { timeout: 240_000 }, async () => {
    const bin = join(projectRoot, 'dist/cli.js');
    const lines: readonly (readonly [number, ...string[]])[] = [
      [0, 'add-s2s', '--target', 'user', '--protect', 'usersRoutes', '--dry-run'],
      [0, 'add-s2s', '--target', 'user', '--protect', 'usersRoutes'],
      [0, 's2s-status'],
      [0, 's2s-upgrade'],
      [0, 's2s-undo'],
      [2, 'add-s2s'],
      [3, 'add-service-client', '--target', 'nobody'],
    ];
    for (const [code, ...args] of lines) {
      const { exitCode, stdout, stderr } = await runAlone(bin, ...args);
      expect(attempts(), args.join(' ')).toBe('');
      expect(exitCode, stdout + stderr).toBe(code);
    }
  });

  it('is not used by the pack under plop', async () => {
    const plop = join(projectRoot, 'node_modules/plop/bin/plop.js');
    const args = ['--plopfile', join(projectRoot, 'dist/plopfile.js'), '--dest', root];
    const { exitCode, stderr } = await runAlone(plop, ...args, 'add-circuit-breaker', '--target', 'user');
    expect(attempts()).toBe('');
    expect(exitCode, stderr).toBe(0);
  });

  it.each([
    ['fetch', "await fetch('http://127.0.0.1:65000/').catch(() => {})"],
    ['a socket', "const { connect } = await import('node:net'); try { connect(9) } catch {}"],
    [
      'a look-up',
      "const d = await import('node:dns/promises'); try { await d.default.lookup('x') } catch {}",
    ],
    [
      'a process of its own',
      "const c = await import('node:child_process'); c.spawnSync(process.execPath, ['-e', 'require(`net`).connect(9)'])",
    ],
  ])('would be seen to be used: %s', async (_, code) => {
    await runAlone('--input-type=module', '-e', code);
    expect(attempts()).not.toBe('');
  });
});
