import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { findGenerator } from '../../generators/_engine/generator/registry.ts';
import type { Plan } from '../../generators/_engine/model/plan.ts';
import { parseFlags } from '../../generators/_engine/generator/options.ts';
import type { Command } from '../helpers/case.ts';
import { findCases, type FoundCase } from '../helpers/find-cases.ts';
import { materialize } from '../helpers/materialize.ts';
import { olderPack } from '../helpers/older-pack.ts';
import { describeRefusal, planCommand, runCommand } from '../helpers/run-command.ts';
import { readTree, type Tree } from '../helpers/tree.ts';

/** One write that must never be seen half done: a tree, what is to happen to it, and what it is then. */
export interface Scenario {
  readonly root: string;
  readonly before: Tree;
  readonly plan: Plan;
}

const scenarioNames = ['apply', 'undo', 'upgrade', 'move'] as const;
type ScenarioName = (typeof scenarioNames)[number];

/** A verify route alone leaves no copies that could move. */
export function scenariosOf({ generator }: FoundCase): readonly ScenarioName[] {
  return scenarioNames.filter((name) => name !== 'move' || generator !== 'add-auth-verify');
}

/** In this order: the generator that changes most of a fixture stands first. */
const adders = ['add-s2s', 'add-auth-middleware', 'add-auth-verify'];

/**
 * For each fixture the case that changes most of it, by fixture: a new fixture is covered when it has a case. One on
 * which every case is a refusal is left out.
 */
export async function findScenarioCases(): Promise<readonly FoundCase[]> {
  const cases = (await findCases()).filter(
    ({ refusal, fixture }) => refusal === undefined && fixture !== 'none',
  );
  // The case that is called as its fixture shows it as it is.
  const rank = ({ id, generator, fixture, files }: FoundCase): number =>
    adders.indexOf(generator) + (id.endsWith(`/${fixture}`) && files === undefined ? 0 : adders.length);
  const best = new Map<string, FoundCase>();
  for (const found of cases.filter(({ generator }) => adders.includes(generator))) {
    const known = best.get(found.fixture);
    if (known === undefined || rank(found) < rank(known)) best.set(found.fixture, found);
  }
  return [...best.values()].sort((a, b) => a.fixture.localeCompare(b.fixture));
}

/** Everything generated on a fixture, taken back again, brought up to date after an older version, or moved into a package. */
export async function openScenario(name: ScenarioName, found: FoundCase): Promise<Scenario> {
  const root = materialize(`crash-${name}-${found.fixture}`, found);
  const add = { generator: found.generator, args: [...found.args, '--no-format'] };
  for (const command of found.after ?? []) await runCommand(command, root);
  if (name === 'undo' || name === 'move') await runCommand(add, root);
  if (name === 'upgrade') await generateOlder(root, add);
  const before = readTree(root);
  const commands: Readonly<Record<ScenarioName, Command>> = {
    apply: add,
    undo: { generator: 's2s-undo', args: ['--no-format'] },
    upgrade: { generator: 's2s-upgrade', args: ['--no-format'] },
    move: { generator: 's2s-upgrade', args: ['--shared', 'packages/shared-calls', '--no-format'] },
  };
  const plan = await planCommand(commands[name], root);
  if (!plan.ok) throw new Error(describeRefusal(plan));
  return { root, before, plan };
}

async function generateOlder(root: string, { generator, args }: Command): Promise<void> {
  const isMiddleware = generator === 'add-auth-middleware';
  const { older } = await olderPack(isMiddleware ? 'reason-instead-of-cause' : 'verified-tokens-only');
  const answers = parseFlags((await findGenerator(generator))?.questions ?? {}, args);
  const plan = await older.plan(generator, answers, root);
  if (!plan.ok) throw new Error(describeRefusal(plan));
  await older.apply(plan, root);
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
