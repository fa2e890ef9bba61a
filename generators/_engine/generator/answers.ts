import { fitsType, flagOf, globalFlags, nearestTo, readAnswers } from './options.ts';
import type { Answers, AnswerValue, Choice, Question, Questions, Site } from '../model/generator.ts';
import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';

/** Asks one question on a terminal. */
export type Ask = (key: string, question: Question, choices: readonly Choice[]) => Promise<AnswerValue>;

/**
 * Completes what was given: the survey's answer where there is one, else a question on a terminal.
 * @throws RefusalError with every wrong answer and, without a terminal (`ask` undefined), every missing flag with the
 * values that it can take
 */
export async function completeAnswers(
  questions: Questions,
  given: Answers,
  site: Site,
  ask: Ask | undefined,
): Promise<Answers> {
  const answers: Record<string, AnswerValue> = { ...given };
  const obstacles: Obstacle[] = [];
  for (const [key, question] of Object.entries(questions)) {
    const value = answers[key] ?? (await initialOf(question, site, answers));
    const isOptional = value === undefined && (await isLeft(question, site, answers));
    // Choices are facts: they cost a survey, so they are looked up only to be shown or compared with.
    const isOpen = value === undefined ? !isOptional : question.closed === true;
    const choices = isOpen ? await choicesOf(question, site, answers) : [];
    if (value !== undefined) {
      obstacles.push(...wrongAnswers(key, question, value, choices));
      answers[key] = value;
    } else if (isOptional) {
      continue;
    } else if (ask === undefined) {
      obstacles.push(missingFlag(key, question, choices));
    } else {
      const asked = await ask(key, question, choices);
      if (asked !== undefined) obstacles.push(...wrongAnswers(key, question, asked, choices));
      answers[key] = asked;
    }
  }
  assertNone(obstacles);
  return answers;
}

/** Without an answer it stays undefined. */
async function isLeft({ optional }: Question, site: Site, given: Answers): Promise<boolean> {
  return typeof optional === 'function' ? optional(site, given) : optional === true;
}

async function choicesOf({ choices }: Question, site: Site, given: Answers): Promise<readonly Choice[]> {
  return typeof choices === 'function' ? choices(site, given) : (choices ?? []);
}

/**
 * Answers that somebody else has kept, such as a record: without what no question asks for, and so without the flags
 * that say how to run, and without those that are about one run.
 */
export function knownAnswers(questions: Questions, answers: Answers): Answers {
  const isKept = (key: string): boolean => Object.hasOwn(questions, key) && questions[key]?.once !== true;
  return Object.fromEntries(Object.entries(answers).filter(([key]) => isKept(key)));
}

/** The answers that are to be kept: no flag of how to run, and no default; what is read from the repo may change. */
export function ownAnswers(questions: Questions, answers: Answers): Answers {
  const isOwn = (key: string, value: AnswerValue): boolean => {
    const question = questions[key];
    const usual = question?.arises?.(answers) === false ? noneOf(question) : question?.initial;
    return value !== undefined && !same(value, usual as AnswerValue);
  };
  return Object.fromEntries(
    Object.entries(knownAnswers(questions, answers)).filter(([key, value]) => isOwn(key, value)),
  );
}

/** Known answers, refused where they could not have been given as flags. @throws RefusalError E_RECORD */
export async function checkedAnswers(questions: Questions, answers: Answers, site: Site): Promise<Answers> {
  const known = knownAnswers(questions, answers);
  for (const [key, value] of Object.entries(known)) {
    const question = questions[key];
    if (question === undefined || value === undefined) continue;
    const choices = question.closed === true ? await choicesOf(question, site, known) : [];
    const [wrong] = wrongAnswers(key, question, value, choices);
    if (wrong !== undefined)
      throw new RefusalError({ ...wrong, code: 'E_RECORD', at: { path: '.s2s.json' } });
  }
  return known;
}

/** Answers come from a terminal, a flag, a file, the API, or a record that a repository brings: each is looked at here. */
function wrongAnswers(
  key: string,
  question: Question,
  value: NonNullable<AnswerValue>,
  choices: readonly Choice[],
): readonly Obstacle[] {
  if (!fitsType(question.type, value)) return [notOfType(key, question)];
  const outside = question.closed === true ? firstOutside(value, choices) : undefined;
  if (outside !== undefined) return [notAChoice(key, outside, choices)];
  return textsOf(value).flatMap((one) => {
    const reason = question.check?.(one);
    return reason === undefined ? [] : [unfit(key, one, reason)];
  });
}

function textsOf(value: AnswerValue): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** The flags that give these answers again, ready for a shell; defaults are left out. */
export async function asFlags(questions: Questions, answers: Answers, site: Site): Promise<string> {
  const flags: string[] = [];
  for (const [key, question] of Object.entries(questions)) {
    if (!same(answers[key], await initialOf(question, site, answers)))
      flags.push(...flagsFor(key, answers[key]));
  }
  return flags.join(' ');
}

function flagsFor(key: string, value: AnswerValue): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? `--${flagOf(key)}` : `--no-${flagOf(key)}`];
  const text = typeof value === 'string' ? value : value.join(',');
  return [`--${flagOf(key)} ${/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`}`];
}

async function initialOf(question: Question, site: Site, given: Answers): Promise<AnswerValue> {
  if (question.arises?.(given) === false) return noneOf(question);
  return typeof question.initial === 'function' ? question.initial(site, given) : question.initial;
}

function noneOf({ type }: Question): AnswerValue {
  return type === 'list' ? [] : undefined;
}

function same(a: AnswerValue, b: AnswerValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function firstOutside(value: AnswerValue, choices: readonly Choice[]): string | undefined {
  return textsOf(value).find((one) => !choices.some((choice) => choice.value === one));
}

function unfit(key: string, value: string, reason: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} cannot be ${JSON.stringify(value)}: ${reason}.`,
    remedy: `Pass another value for --${flagOf(key)}; see --help.`,
  };
}

function listed(choices: readonly Choice[]): string {
  return choices.map(({ value, hint }) => (hint === undefined ? value : `${value} (${hint})`)).join(', ');
}

function notOfType(key: string, { placeholder, type }: Question): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} is not a ${type}.`,
    remedy: type === 'boolean' ? 'Use true or false.' : `Give ${placeholder ?? '<value>'}.`,
  };
}

function notAChoice(key: string, value: string, choices: readonly Choice[]): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} cannot be ${JSON.stringify(value)}.`,
    remedy: `Use one of: ${listed(choices)}.`,
  };
}

function missingFlag(key: string, question: Question, choices: readonly Choice[]): Obstacle {
  return {
    code: 'E_MISSING_FLAG',
    message: `--${flagOf(key)} is missing: ${question.message}.`,
    remedy:
      choices.length === 0
        ? `Add --${flagOf(key)} ${question.placeholder ?? '<value>'}.`
        : `Add --${flagOf(key)} with one of: ${listed(choices)}.`,
  };
}

/**
 * Answers that a program gives instead of flags, of any type: they take what the flags take.
 * @throws RefusalError with every obstacle: E_UNKNOWN_FLAG, E_INVALID_FLAG, E_USAGE
 */
export function givenAnswers(questions: Questions, given: unknown): Answers {
  const known: Questions = { ...globalFlags, ...questions };
  const { answers, unknown, wrong } = readAnswers(known, given);
  if (answers === undefined) throw new RefusalError(noAnswers);
  const flags = Object.keys(known);
  assertNone([
    ...unknown.map((key) => unknownAnswer(key, flags)),
    ...wrong.map((key) => notOfType(key, known[key] ?? globalFlags.target)),
  ]);
  return answers;
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
