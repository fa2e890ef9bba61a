import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';

import { closest, distance } from 'fastest-levenshtein';

import type { Answers, Question, Questions } from '../model/generator.ts';
import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';

/** Flags that every generator takes; the order is that of --help. */
export const globalFlags = {
  target: {
    type: 'list',
    message: 'service to change: name, folder or an unambiguous part of them',
    prompt: 'Which services should change?',
    placeholder: '<service>',
  },
  cwd: { type: 'string', message: 'root of the repository', placeholder: '<dir>' },
  dryRun: { type: 'boolean', message: 'print the diff and write nothing' },
  yes: { type: 'boolean', message: 'ask no questions' },
  json: { type: 'boolean', message: 'print one JSON document' },
  force: { type: 'boolean', message: 'overwrite edited generated files' },
  allowDirty: { type: 'boolean', message: 'change files with uncommitted changes' },
  answers: {
    type: 'string',
    message: 'read answers from a JSON file, - for standard input',
    placeholder: '<file>',
  },
  install: { type: 'boolean', message: 'install new dependencies afterwards' },
  format: {
    type: 'boolean',
    message:
      "run the project's formatter even in a preview or if it is code of the repository, and its ESLint for fixes of layout and imports (--no-format: never)",
  },
  check: {
    type: 'boolean',
    message: 'type-check before committing the change; roll back if there are new errors',
  },
  shared: {
    type: 'string',
    message: 'workspace package for what services have in common, such as packages/s2s; none: a copy in each',
    prompt: 'Where should the code go that services have in common?',
    placeholder: '<dir>',
  },
  split: {
    type: 'boolean',
    message: 'commit the change to git in up to three commits: run-time code, wiring, tests',
  },
  gitattributes: {
    type: 'boolean',
    message: 'mark .s2s.json as generated in .gitattributes: reviews fold it',
  },
  help: { type: 'boolean', message: 'print this help' },
} as const satisfies Questions;

/** `dryRun` → `dry-run`. */
export function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Reads flags strictly, in any order, with or without a `--` before them.
 * @throws RefusalError with every obstacle: E_UNKNOWN_FLAG (with the nearest name), E_INVALID_FLAG, E_USAGE
 */
export function parseFlags(questions: Questions, argv: readonly string[]): Answers {
  const known: Questions = { ...globalFlags, ...questions };
  const keys = new Map(Object.keys(known).map((key) => [flagOf(key), key]));
  const args = argv.filter((arg) => arg !== '--').map((arg) => (arg === '-h' ? '--help' : arg));
  const { tokens } = parseArgs({
    args,
    options: Object.fromEntries([...keys].map(([flag, key]) => [flag, { type: parseTypeOf(known[key]) }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const given: Record<string, string | boolean | readonly string[]> = {};
  const obstacles: Obstacle[] = [];
  const unknownAt = new Set<number>();
  for (const token of tokens) {
    if (token.kind === 'positional') {
      // The value of an unknown flag is reported with the flag.
      if (!unknownAt.has(token.index - 1)) obstacles.push(unexpected(token.value));
    } else if (token.kind === 'option') {
      const negated =
        token.name.startsWith('no-') && known[keys.get(token.name.slice(3)) ?? '']?.type === 'boolean';
      const key = keys.get(negated ? token.name.slice(3) : token.name);
      const question = key === undefined ? undefined : known[key];
      if (key === undefined || question === undefined) {
        obstacles.push(unknownFlag(token.rawName, [...keys.keys()]));
        unknownAt.add(token.index);
      } else {
        const value = valueOf(question, token.value, token.inlineValue, negated);
        if (value === undefined) obstacles.push(badValue(token.rawName, question));
        else given[key] = Array.isArray(value) ? [...listAt(given, key), ...value] : value;
      }
    }
  }
  assertNone(obstacles);
  return withAnswersFile(given, known);
}

function parseTypeOf(question: Question | undefined): 'string' | 'boolean' {
  return question?.type === 'boolean' ? 'boolean' : 'string';
}

function listAt(given: Readonly<Record<string, unknown>>, key: string): readonly string[] {
  const before = given[key];
  return Array.isArray(before) ? (before as readonly string[]) : [];
}

function valueOf(
  question: Question,
  value: string | undefined,
  inline: boolean | undefined,
  negated: boolean,
): string | boolean | string[] | undefined {
  if (question.type === 'boolean') return value === undefined ? !negated : undefined;
  if (value === undefined || value === '' || (inline !== true && value.startsWith('--'))) return undefined;
  if (question.type === 'string') return value;
  return listIn(value);
}

function unexpected(value: string): Obstacle {
  return {
    code: 'E_USAGE',
    message: `Unexpected argument ${JSON.stringify(value)}: values follow a flag.`,
    remedy: `Name the flag, as in --target ${value}.`,
  };
}

function unknownFlag(rawName: string, flags: readonly string[]): Obstacle {
  const nearest = nearestTo(rawName.replace(/^-+/, ''), flags);
  return {
    code: 'E_UNKNOWN_FLAG',
    message: `Unknown flag ${rawName}.`,
    remedy:
      nearest === undefined ? 'See --help for the flags of this generator.' : `Did you mean --${nearest}?`,
  };
}

/** The name that was meant; undefined where none is near. */
export function nearestTo(name: string, names: readonly string[]): string | undefined {
  const nearest = closest(name, names);
  return distance(name, nearest) <= Math.max(2, Math.floor(name.length / 3)) ? nearest : undefined;
}

function badValue(rawName: string, question: Question): Obstacle {
  const wants =
    question.type === 'boolean' ? 'takes no value' : `needs a value ${question.placeholder ?? '<value>'}`;
  return { code: 'E_INVALID_FLAG', message: `${rawName} ${wants}.`, remedy: question.message };
}

/** Adds the answers of `--answers`; a flag on the command line wins. @throws RefusalError E_INVALID_FLAG */
function withAnswersFile(given: Answers, known: Questions): Answers {
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
function listIn(text: string): string[] {
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
