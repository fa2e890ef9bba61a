import { closest, distance } from 'fastest-levenshtein';

import type { Ask } from '../generator/answers.ts';
import { findGenerator, listGenerators } from '../generator/registry.ts';
import { flagOf, globalFlags, parseFlags } from '../generator/options.ts';
import type { Generator, Question } from '../model/generator.ts';
import { type Obstacle, obstaclesOf, RefusalError } from '../model/obstacle.ts';
import { findRoot } from '../repo/disk.ts';
import type { Decided } from './execute.ts';
import { exitCodeOf, refused, type Outcome } from './outcome.ts';
import { hasColour } from './terminal.ts';

/** What both commands, `s2s` and plop, have in common: how a command line becomes a decision, and how an outcome is shown. */
interface CommandLine {
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
  /** {@link Generator.unchanged} */
  readonly unchanged?: string | undefined;
}

type Shown = Pick<Opened, 'json' | 'diff' | 'unchanged'>;

/** From a command line to a decision; help comes back as text. Loads the engine only when it is needed. */
export async function open(line: CommandLine): Promise<Opened | string> {
  let json = line.argv.includes('--json');
  try {
    const generator = await findGenerator(line.id);
    if (generator === undefined) throw new RefusalError(unknownGenerator(line.id));
    const given = parseFlags(generator.questions, line.argv);
    if (given['help'] === true) return helpOf(line.id, generator);
    json = given['json'] === true;
    const root = line.root ?? findRoot(line.workingDirectory, given['cwd'] as string | undefined);
    const { decide } = await import('./execute.ts');
    const ask = line.interactive && given['yes'] !== true ? askOnTerminal : undefined;
    const progress = process.stderr.isTTY ? showProgress : undefined;
    const decided = await decide({ id: line.id, generator, given, root, ask, progress }, line.command);
    return { ...decided, json, unchanged: generator.unchanged };
  } catch (error) {
    const outcome = refused({ generator: line.id, command: line.command }, obstaclesOf(error));
    return { outcome, diff: '', json };
  }
}

/** Prints an outcome on standard output, as JSON or for people; gives the exit code. */
export async function show(outcome: Outcome, { json, diff, unchanged }: Shown): Promise<number> {
  if (json) {
    process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`);
  } else {
    const { reportOf } = await import('./report.ts');
    const terminal = process.stdout.isTTY;
    process.stdout.write(reportOf(outcome, { colour: hasColour(process), terminal, diff, unchanged }));
  }
  return exitCodeOf(outcome);
}

/** One line on standard error, which is gone when the work is done. */
function showProgress(done: number, total: number): void {
  if (total < 5) return;
  process.stderr.write(done < total ? `\r  ${String(done)} of ${String(total)} services` : '\r\u001B[K');
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

/** The help page of one generator. */
function helpOf(id: string, generator: Generator): string {
  return [
    `${id}: ${generator.summary}`,
    '',
    'Flags:',
    ...Object.entries(generator.questions).map(flagLine),
    '',
    'Flags of every generator:',
    ...Object.entries(globalFlags)
      .filter(([key]) => !(key in generator.questions))
      .map(flagLine),
    '',
    'Without a terminal, or with --yes, it asks no questions and lists missing flags.',
    '',
  ].join('\n');
}

function flagLine([key, question]: readonly [string, Question]): string {
  const name = `--${isOnByDefault(key, question) ? 'no-' : ''}${flagOf(key)}`;
  const value = question.type === 'boolean' ? '' : ` ${question.placeholder ?? '<value>'}`;
  const initial = typeof question.initial === 'string' ? ` (default ${question.initial})` : '';
  return `  ${`${name}${value}`.padEnd(30)} ${question.message}${initial}`;
}

/** Its flag is of use only to turn it off. */
function isOnByDefault(key: string, { type }: Question): boolean {
  return key === 'format' && type === 'boolean';
}

/** Asks on the terminal. */
const askOnTerminal: Ask = async (_key, question, choices) => {
  // Loaded when there is something to ask.
  const { checkbox, confirm, input, select } = await import('@inquirer/prompts');
  const options = choices.map(({ value, hint }) => ({
    value,
    name: hint === undefined ? value : `${value}  (${hint})`,
  }));
  const message = question.prompt ?? question.message;
  if (question.type === 'boolean') return confirm({ message });
  if (options.length === 0) return splitFor(question.type, await input({ message, required: true }));
  if (question.type === 'list') return checkbox({ message, choices: options, required: true });
  return select({ message, choices: options });
};

function splitFor(type: 'string' | 'list', text: string): string | readonly string[] {
  return type === 'string' ? text : text.split(',').map((part) => part.trim());
}
