import { findGenerator, listGenerators } from '../../generators/_engine/generator/registry.ts';
import type { Generator, Question, Questions } from '../../generators/_engine/model/generator.ts';
import { flagOf, globalFlags } from '../../generators/_engine/generator/options.ts';
import { table } from './table.ts';

const targets: Readonly<Record<Generator['target'], string>> = {
  auth: 'Without `--target` it finds the auth service by itself.',
  services: '`--target` is required.',
  recorded: 'Without `--target` it is about everything that `.s2s.json` records.',
};

/** A section for each generator, and one for the flags of all. */
export async function renderFlags(): Promise<string> {
  const sections = await Promise.all(listGenerators().map(renderGenerator));
  return [...sections, '### Flags of every generator', globalTable()].join('\n\n');
}

async function renderGenerator(id: string): Promise<string> {
  const generator = await findGenerator(id);
  if (generator === undefined) throw new Error(`There is no generator ${id}`);
  const summary = `${generator.summary.charAt(0).toUpperCase()}${generator.summary.slice(1)}.`;
  const flags = Object.keys(generator.questions).length === 0 ? [] : [flagTable(generator.questions)];
  return [`### \`${id}\``, `${summary} ${targets[generator.target]}`, ...flags].join('\n\n');
}

function flagTable(questions: Questions): string {
  const rows = Object.entries(questions).map(([key, question]) => [
    `\`--${flagOf(key)}${valueOf(question)}\``,
    question.message,
    valuesOf(question),
    defaultOf(question),
  ]);
  return table(['flag', 'meaning', 'values', 'without it'], rows);
}

/** Nobody asks for these; what holds without them is the engine's matter. */
function globalTable(): string {
  const rows = Object.entries(globalFlags).map(([key, question]) => [
    `\`--${key === 'format' ? 'no-' : ''}${flagOf(key)}${valueOf(question)}\``,
    question.message,
    question.type === 'boolean' ? '' : valuesOf(question),
  ]);
  return table(['flag', 'meaning', 'values'], rows);
}

function valueOf({ type, placeholder }: Question): string {
  if (type === 'boolean') return '';
  return ` ${placeholder ?? '<value>'}`;
}

/** The values that do not depend on a repository. */
function valuesOf({ type, choices }: Question): string {
  if (type === 'boolean') return 'also `--no-…`';
  const several = type === 'list' ? ', several with commas' : '';
  if (choices === undefined) return `any${several}`;
  if (typeof choices === 'function') return `as found in the repository${several}`;
  const listed = choices.map(({ value, hint }) => `\`${value}\`${hint === undefined ? '' : ` (${hint})`}`);
  return `${listed.join(', ')}${several}`;
}

function defaultOf({ initial, optional, type }: Question): string {
  if (typeof initial === 'function') return 'as found in the repository, else asked';
  if (Array.isArray(initial)) return initial.length === 0 ? 'none' : initial.join(',');
  if (typeof initial === 'boolean') return initial ? 'on' : 'off';
  if (typeof initial === 'string') return `\`${initial}\``;
  return optional === true || type === 'boolean' ? 'not set' : 'asked; required without a terminal';
}
