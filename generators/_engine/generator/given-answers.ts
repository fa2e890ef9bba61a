import { notOfType } from './answer-obstacles.ts';
import { readAnswers } from './answers-file.ts';
import type { Answers, Questions } from '../model/generator.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { type Refusal, refuse } from '../model/refusal.ts';
import { globalFlags, nearestTo } from './options.ts';

/**
 * Answers that a program gives instead of flags, whatever it is that it gives: they take what the flags take, and every
 * obstacle is listed at once.
 */
export function givenAnswers(questions: Questions, given: unknown): Answers | Refusal {
  const known: Questions = { ...globalFlags, ...questions };
  const { answers, unknown, wrong } = readAnswers(known, given);
  if (answers === undefined) return refuse(noAnswers);
  const flags = Object.keys(known);
  const [first, ...more] = [
    ...unknown.map((key) => unknownAnswer(key, flags)),
    ...wrong.map((key) => notOfType(key, known[key] ?? globalFlags.target)),
  ];
  return first === undefined ? answers : refuse(first, ...more);
}

const noAnswers: Obstacle = {
  code: 'E_USAGE',
  message: 'The answers are no object.',
  remedy: "Give the flags in camelCase, as in { target: ['user'] }.",
};

function unknownAnswer(key: string, keys: readonly string[]): Obstacle {
  const nearest = nearestTo(key, keys);
  return {
    code: 'E_UNKNOWN_FLAG',
    message: `Unknown answer ${JSON.stringify(key)}.`,
    remedy:
      nearest === undefined ? 'Answers are the flags in camelCase; see --help.' : `Did you mean ${nearest}?`,
  };
}
