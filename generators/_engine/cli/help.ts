import type { Generator, Question } from '../model/generator.ts';
import { flagOf, globalFlags } from '../generator/options.ts';

/** The help page of one generator. */
export function helpOf(id: string, generator: Generator): string {
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
