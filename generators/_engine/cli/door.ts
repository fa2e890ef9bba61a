import { closest, distance } from 'fastest-levenshtein';

import type { Ask } from '../generator/answers.ts';
import { findGenerator, listGenerators } from '../generator/catalog.ts';
import type { Generator } from '../model/generator.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { type Refusal, RefusalError, refuse } from '../model/refusal.ts';
import { exitCodeOf, type Outcome } from './outcome.ts';
import { parseFlags } from '../generator/options.ts';
import type { Decided } from './execute.ts';
import { findRoot } from '../repo/root.ts';
import { hasColour } from './terminal.ts';

/** What the two doors have in common: how a command line becomes a decision, and how an outcome is shown. */
export interface CommandLine {
  readonly id: string;
  /** Flags, without the generator's name. */
  readonly argv: readonly string[];
  /** What to type before the flags: `npx plop add-s2s`. */
  readonly command: string;
  readonly workingDirectory: string;
  /** Absolute; wins over --cwd. */
  readonly root?: string | undefined;
  /** Standard input and output are terminals. */
  readonly interactive: boolean;
}

export interface Opened extends Decided {
  readonly json: boolean;
}

/** From a command line to a decision; help comes back as text. Loads the engine only when it is needed. */
export async function open(line: CommandLine): Promise<Opened | string> {
  const generator = await findGenerator(line.id);
  if (generator === undefined) return refusedBefore(line, refuse(unknownGenerator(line.id)));
  const given = parseFlags(generator.questions, line.argv);
  if ('obstacles' in given) return refusedBefore(line, given as Refusal);
  if (given['help'] === true) return helpPage(line.id, generator);
  const json = given['json'] === true;
  try {
    const root = line.root ?? findRoot(line.workingDirectory, given['cwd'] as string | undefined);
    const { decide } = await import('./execute.ts');
    const ask = line.interactive && given['yes'] !== true ? await loadAsk() : undefined;
    const progress = process.stderr.isTTY ? showProgress : undefined;
    return { ...(await decide({ id: line.id, generator, given, root, ask, progress }, line.command)), json };
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return { ...(await refusedBefore(line, refuse(...error.obstacles))), json };
  }
}

/** Prints an outcome on standard output, as JSON or for people; gives the exit code. */
export async function show(outcome: Outcome, { json, diff }: Pick<Opened, 'json' | 'diff'>): Promise<number> {
  if (json) {
    process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`);
  } else {
    const { reportOf } = await import('./report.ts');
    const terminal = process.stdout.isTTY;
    process.stdout.write(reportOf(outcome, { colour: hasColour(process), terminal, diff }));
  }
  return exitCodeOf(outcome);
}

/** One line on standard error, which is gone when the work is done. */
function showProgress(done: number, total: number): void {
  if (total < 5) return;
  process.stderr.write(done < total ? `\r  ${String(done)} of ${String(total)} services` : '\r\u001B[K');
}

async function helpPage(id: string, generator: Generator): Promise<string> {
  const { helpOf } = await import('./help.ts');
  return helpOf(id, generator);
}

async function loadAsk(): Promise<Ask> {
  const { ask } = await import('./ask.ts');
  return ask;
}

async function refusedBefore(line: CommandLine, refusal: Refusal): Promise<Opened> {
  const { refusedOutcome } = await import('./execute.ts');
  return {
    outcome: refusedOutcome(line.id, refusal, line.command),
    diff: '',
    json: line.argv.includes('--json'),
  };
}

export function unknownGenerator(id: string): Obstacle {
  const ids = listGenerators();
  const nearest = closest(id, ids);
  const near = distance(id, nearest) <= 6;
  return {
    code: 'E_UNKNOWN_GENERATOR',
    message: `There is no generator ${JSON.stringify(id)}.`,
    remedy: near ? `Did you mean ${nearest}?` : `There are ${ids.join(', ')}.`,
  };
}
