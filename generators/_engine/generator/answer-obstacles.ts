import type { Choice, Question } from '../model/generator.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { flagOf } from './options.ts';

export function unfit(key: string, value: string, reason: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} cannot be ${JSON.stringify(value)}: ${reason}.`,
    remedy: `Pass another value for --${flagOf(key)}; see --help.`,
  };
}

function listed(choices: readonly Choice[]): string {
  return choices.map(({ value, hint }) => (hint === undefined ? value : `${value} (${hint})`)).join(', ');
}

export function notOfType(key: string, { placeholder, type }: Question): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} is not a ${type}.`,
    remedy: type === 'boolean' ? 'Use true or false.' : `Give ${placeholder ?? '<value>'}.`,
  };
}

export function notAChoice(key: string, value: string, choices: readonly Choice[]): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} cannot be ${JSON.stringify(value)}.`,
    remedy: `Use one of: ${listed(choices)}.`,
  };
}

export function missingFlag(key: string, question: Question, choices: readonly Choice[]): Obstacle {
  return {
    code: 'E_MISSING_FLAG',
    message: `--${flagOf(key)} is missing: ${question.message}.`,
    remedy:
      choices.length === 0
        ? `Add --${flagOf(key)} ${question.placeholder ?? '<value>'}.`
        : `Add --${flagOf(key)} with one of: ${listed(choices)}.`,
  };
}
