import { findGenerator } from '../../generators/_engine/generator/registry.ts';
import type { Plan } from '../../generators/_engine/model/plan.ts';
import { obstaclesOf, type Refusal } from '../../generators/_engine/model/obstacle.ts';
import { parseFlags } from '../../generators/_engine/generator/options.ts';
import { apply, plan } from '../../plopfile.ts';
import type { Command } from './case.ts';
import type { Pack } from './older-pack.ts';

/** Plans what a command line would do at `root`: the programmatic door, with the flags of the others. */
export async function planCommand(
  { generator, args }: Command,
  root: string,
  pack: Pack = { apply, plan },
): Promise<Plan | Refusal> {
  const found = await findGenerator(generator);
  if (found === undefined) throw new Error(`There is no generator ${generator}`);
  try {
    return await pack.plan(generator, parseFlags(found.questions, args), root);
  } catch (error) {
    return { ok: false, obstacles: obstaclesOf(error) };
  }
}

/** Plans and applies. @throws Error when it is refused */
export async function runCommand(
  command: Command,
  root: string,
  pack: Pack = { apply, plan },
): Promise<Plan> {
  const planned = await planCommand(command, root, pack);
  if (!planned.ok) throw new Error(describeRefusal(planned));
  await pack.apply(planned, root);
  return planned;
}

/** The obstacles as one readable text. */
export function describeRefusal({ obstacles }: Refusal): string {
  const lines = obstacles.map(({ code, at, message }) => {
    return `${code} ${at === undefined ? '' : `${at.path}:${at.line ?? 0} `}${message}`;
  });
  return `Refused:\n${lines.join('\n')}`;
}
