import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readTree } from '../helpers/tree.ts';
import { type Combination, plopStarts } from './combinations.ts';
import { freshRepo } from './fresh-repo.ts';
import { install, runNode, type Toolchain, toolchain } from './install.ts';

export interface InstalledRun {
  readonly nodeVersion: string;
  readonly managerVersion: string;
  readonly installSeconds: number;
  /** What each door said, by its name. */
  readonly doors: Readonly<Record<'plop' | 'bin' | 'API' | 'undo', string>>;
}

const program = `import { apply, listGenerators, plan } from 'plop-pack-s2s';
const planned = await plan('add-auth-verify', { install: false }, process.cwd());
if (!planned.ok) throw new Error(JSON.stringify(planned.obstacles));
await apply(planned, process.cwd());
console.log(planned.edits.length > 3 && listGenerators().includes('add-s2s') ? 'applied' : 'too little');
`;

/**
 * Installs the tarball into a fresh repo and goes through every door of it: breaker by plop, client by the bin, verify
 * route by the API, and everything back by undo.
 */
export async function runInstalled(combination: Combination): Promise<InstalledRun> {
  const root = freshRepo(combination.installer);
  const tools = await toolchain(combination);
  const start = performance.now();
  await install(root, combination, tools);
  const installSeconds = (performance.now() - start) / 1000;
  const before = sources(root);
  const door = doorsOf(root, combination, tools);
  const started = plopStarts(combination);
  await (started ? door.plop : door.bin)('add-circuit-breaker', '--target', 'orders');
  const client = await door.bin('add-service-client', '--target', 'orders', '--json');
  writeFileSync(join(root, 'program.mjs'), program);
  const api = await door.node('program.mjs');
  const breaker = [...sources(root).keys()].some((path) =>
    path.endsWith('orders/src/utils/circuit-breaker.ts'),
  );
  await door.bin('s2s-undo', '--json');
  return {
    nodeVersion: (await runNode(root, tools, ['--version'])).trim(),
    managerVersion: tools.manager === undefined ? '' : (await managerVersion(root, tools)).trim(),
    installSeconds,
    doors: {
      plop: !started ? 'plop does not start' : breaker ? 'applied' : 'nothing',
      bin: (JSON.parse(client) as { readonly status: string }).status,
      API: api.trim(),
      undo: same(before, sources(root)) ? 'as before' : 'something is left',
    },
  };
}

/** How node finds packages is the business of the package manager: Plug’n’Play has no node_modules. */
function doorsOf(root: string, { installer }: Combination, tools: Toolchain) {
  const inRepo = (...args: readonly string[]): Promise<string> => runNode(root, tools, args);
  if (installer !== 'yarn 4 PnP' || tools.manager === undefined) {
    return {
      node: (file: string) => inRepo(file),
      plop: (...args: readonly string[]) => inRepo('node_modules/plop/bin/plop.js', ...args),
      bin: (...args: readonly string[]) => inRepo('node_modules/plop-pack-s2s/dist/cli.js', ...args),
    };
  }
  const yarn = tools.manager;
  return {
    node: (file: string) => inRepo(yarn, 'node', file),
    plop: (...args: readonly string[]) => inRepo(yarn, 'plop', ...args),
    bin: (...args: readonly string[]) => inRepo(yarn, 's2s', ...args),
  };
}

async function managerVersion(root: string, tools: Toolchain): Promise<string> {
  return tools.manager === undefined ? '' : runNode(root, tools, [tools.manager, '--version']);
}

/** Files of the repo that are ours to change. */
function sources(root: string): ReadonlyMap<string, string> {
  const tree = [...readTree(root)].filter(([path]) => /^services\/[^/]+\/(?!node_modules\/)/.test(path));
  return new Map(tree);
}

function same(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([path, text]) => other.get(path) === text);
}
