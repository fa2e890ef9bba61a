import { readFileSync } from 'node:fs';

import type { Answers, Question, Questions } from '../model/generator.ts';
import { RefusalError } from '../model/obstacle.ts';

/** Adds the answers of `--answers`; a flag on the command line wins. @throws RefusalError E_INVALID_FLAG */
export function withAnswersFile(given: Answers, known: Questions): Answers {
  const file = given['answers'];
  if (typeof file !== 'string') return given;
  const { answers, unknown, wrong } = readAnswers(known, parseFile(file));
  if (answers === undefined) throw badAnswersFile(file, 'it is not a JSON object');
  if (unknown.length > 0) throw badAnswersFile(file, `it has unknown keys: ${unknown.join(', ')}`);
  if (wrong.length > 0) {
    const reasons = wrong.map((key) => `${key} is not a ${known[key]?.type ?? ''}`);
    throw badAnswersFile(file, reasons.join(', '));
  }
  return { ...answers, ...given };
}

/** `-` is standard input. */
function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw badAnswersFile(file, error instanceof Error ? error.message : String(error));
  }
}

/** What an object answers to these questions: keys that are none of them, and keys whose values are of another type. */
export interface ReadAnswers {
  /** Undefined for what is no object. */
  readonly answers: Answers | undefined;
  readonly unknown: readonly string[];
  readonly wrong: readonly string[];
}

/** Reads answers that come from a file or a program as flags are read: a string for a list is a list. */
export function readAnswers(known: Questions, given: unknown): ReadAnswers {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { answers: undefined, unknown: [], wrong: [] };
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const isKnown = ([key]: readonly [string, unknown]): boolean => Object.hasOwn(known, key);
  const read = entries.filter(isKnown).map(([key, value]: readonly [string, unknown]) => {
    const isListText = known[key]?.type === 'list' && typeof value === 'string' && value !== '';
    return [key, isListText ? listIn(value) : value] as const;
  });
  return {
    answers: Object.fromEntries(read) as Answers,
    unknown: entries.filter((entry) => !isKnown(entry)).map(([key]) => key),
    wrong: read.filter(([key, value]) => !fitsType(known[key]?.type, value)).map(([key]) => key),
  };
}

/** The values of a list that is written as one text. */
export function listIn(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Whether a value is what a question of that type takes; an empty text is none. */
export function fitsType(type: Question['type'] | undefined, value: unknown): boolean {
  if (type === 'list')
    return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
  return typeof value === type && value !== '';
}

function badAnswersFile(file: string, reason: string): RefusalError {
  return new RefusalError({
    code: 'E_INVALID_FLAG',
    message: `--answers ${file} cannot be used: ${reason}.`,
    remedy: 'Provide a JSON object whose keys are flag names in camelCase, such as {"target":["user"]}.',
  });
}
