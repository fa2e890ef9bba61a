import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Plan } from '../../generators/_engine/contract.ts';
import { materialize } from '../helpers/materialize.ts';
import { olderPack } from '../helpers/older-pack.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import { readTree, type Tree } from '../helpers/tree.ts';

/** One write that must never be seen half done: a tree, what is to happen to it, and what it is then. */
export interface Scenario {
  readonly root: string;
  readonly before: Tree;
  readonly plan: Plan;
}

export const scenarioNames = ['apply', 'undo', 'upgrade'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** One fixture of each kind of repository: what is written does not depend on how a service is put together. */
const flags = {
  'npm-workspaces': ['user', 'usersRoutes'],
  'plain-folders': ['orders', 'orderRoutes'],
  'fastify-cli': ['notes', 'notes'],
  'singleton-zod': ['catalog', 'productRoutes'],
} as const;
type FixtureName = keyof typeof flags;
export const scenarioFixtures = Object.keys(flags) as readonly FixtureName[];

/** Everything generated on a fixture, taken back again, or brought up to date after an older version and an edit. */
export async function openScenario(name: ScenarioName, fixture: FixtureName): Promise<Scenario> {
  const root = materialize(`crash-${name}-${fixture}`, { fixture, args: [] });
  const [target, protect] = flags[fixture];
  const args = ['--target', target, '--protect', protect, '--no-format'];
  if (name === 'undo') await runCommand({ generator: 'add-s2s', args }, root);
  if (name === 'upgrade') await generateOlder(root, target, protect);
  const before = readTree(root);
  const generator = { apply: 'add-s2s', undo: 's2s-undo', upgrade: 's2s-upgrade' }[name];
  const plan = await planCommand({ generator, args: name === 'apply' ? args : ['--no-format'] }, root);
  if (!plan.ok) throw new Error(plan.obstacles[0].message);
  return { root, before, plan };
}

async function generateOlder(root: string, target: string, protect: string): Promise<void> {
  const pack = await olderPack('verified-tokens-only');
  const answers = { target: [target], protect: [protect], format: false };
  const plan = await pack.plan('add-s2s', answers, root);
  if (!plan.ok) throw new Error(plan.obstacles[0].message);
  await pack.apply(plan, root);
}

/** Makes the folder hold a tree and nothing else; links to packages stay. */
export function resetTo(root: string, tree: Tree): void {
  for (const name of readdirSync(root))
    if (name !== 'node_modules') rmSync(join(root, name), { recursive: true, force: true });
  for (const [path, text] of tree) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, 'latin1');
    // Not what a new file gets, so that a mode that is lost is seen.
    chmodSync(join(root, path), 0o640);
  }
}

/** Files with their bytes and modes, and folders, so that nothing that is left behind goes unseen. */
export function stateOf(root: string): string {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !join(entry.parentPath, entry.name).slice(root.length).includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(root.length), statSync(path).mode])
    .sort();
  return JSON.stringify([entries, [...readTree(root)].sort()]);
}
