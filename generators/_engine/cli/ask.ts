import { checkbox, confirm, input, select } from '@inquirer/prompts';

import type { Ask } from '../generator/answers.ts';

/** Asks on the terminal. Imported only when there is something to ask. */
export const ask: Ask = async (_key, question, choices) => {
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
