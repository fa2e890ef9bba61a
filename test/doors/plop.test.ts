import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { run, runPlop } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { changedFiles, readTree, type Tree } from '../helpers/tree.ts';

const name = 'doors-plop';
let root = '';
let before: Tree = new Map();

beforeEach(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  before = readTree(root);
});
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
});

const changed = (): readonly string[] => [...changedFiles(before, readTree(root)).keys()].sort();

describe('stock plop', () => {
  it.each([
    ['without --', ['add-service-client', '--target', 'user']],
    ['with --', ['add-service-client', '--', '--target', 'user']],
    ['with =', ['add-service-client', '--target=user']],
    ['with a flag before and after', ['add-service-client', '--yes', '--target', 'user', '--no-install']],
    ['in another order', ['add-service-client', '--no-install', '--target=user', '--yes']],
  ])('takes flags %s', async (_, args) => {
    const { exitCode, stdout, stderr } = await runPlop(root, ...args);
    expect(stderr + stdout).not.toMatch(/\[FAILED\]/);
    expect(exitCode).toBe(0);
    const files = changed();
    expect(files).toContain('.s2s.json');
    expect(files).toContain('services/user-service/src/utils/service-client.ts');
    expect(
      files.filter((path) => path !== '.s2s.json').every((path) => path.startsWith('services/user-service/')),
    ).toBe(true);
  });

  it('finds the auth service by itself in a workspace', async () => {
    const { exitCode } = await runPlop(root, 'add-auth-verify');
    expect(exitCode).toBe(0);
    expect(
      changed()
        .filter((path) => path !== '.s2s.json')
        .every((path) => path.startsWith('services/auth-service/')),
    ).toBe(true);
    expect(changed().length).toBeGreaterThan(3);
  });

  it('finds the auth service by itself in plain folders', async () => {
    root = await openRepoCopy(name, 'plain-folders');
    before = readTree(root);
    const { exitCode } = await runPlop(root, 'add-auth-verify');
    expect(exitCode).toBe(0);
    expect(
      changed()
        .filter((path) => path !== '.s2s.json' && path !== 'docker-compose.yml')
        .every((path) => path.startsWith('auth/')),
    ).toBe(true);
    expect(changed().length).toBeGreaterThan(3);
  });

  it('lists what is missing without a terminal, and does not hang', async () => {
    const { exitCode, stdout, stderr, timedOut } = await runPlop(root, 'add-s2s');
    expect(timedOut).toBe(false);
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain('--target');
    expect(stdout + stderr).toContain('--protect');
    expect(changed()).toEqual([]);
  });

  it('refuses an unknown flag with the nearest one', async () => {
    const { exitCode, stdout, stderr } = await runPlop(root, 'add-service-client', '--tarjet', 'user');
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain('--target');
    expect(changed()).toEqual([]);
  });

  it.each([
    ['by name', "'plop-pack-s2s'", ['add-circuit-breaker']],
    [
      'under another name',
      "'plop-pack-s2s', {}, { generators: { 'add-circuit-breaker': 'breaker' } }",
      ['breaker'],
    ],
    [
      'under a name of two words',
      "'plop-pack-s2s', {}, { generators: { 'add-circuit-breaker': 's2s breaker' } }",
      ['s2s', 'breaker'],
    ],
  ])('runs the generators of a host plopfile that loads the pack %s', async (_, load, words) => {
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    symlinkSync(projectRoot, join(root, 'node_modules/plop-pack-s2s'), 'junction');
    const text = `export default async (plop) => {\n  await plop.load(${load});\n};\n`;
    writeFileSync(join(root, 'plopfile.mjs'), text);
    before = readTree(root);
    const plop = join(projectRoot, 'node_modules/plop/bin/plop.js');
    const args = [plop, ...words, '--target', 'billing', '--allow-dirty'];
    const { exitCode, stdout, stderr } = await run(root, args);
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain(`npx plop ${words.join(' ')} --target`);
    expect(changed()).toContain('services/billing-service/src/utils/circuit-breaker.ts');
  });
});
