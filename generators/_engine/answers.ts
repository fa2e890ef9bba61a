import type { Answers, Choice, Obstacle, Question, Questions, Refusal, Site } from './contract.ts';
import { isObstacle, refuse } from './obstacle.ts';
import { fitsType } from './answers-file.ts';
import { flagOf } from './options.ts';

type Value = string | boolean | readonly string[] | undefined;

/** Asks one question on a terminal. */
export type Ask = (key: string, question: Question, choices: readonly Choice[]) => Promise<Value>;

/**
 * Completes what was given: the survey's answer where there is one, else a question on a terminal. Without one
 * (`ask` undefined) every missing flag is listed at once, with the values that it can take.
 */
export async function completeAnswers(
  questions: Questions,
  given: Answers,
  site: Site,
  ask: Ask | undefined,
): Promise<Answers | Refusal> {
  const answers: Record<string, Value> = { ...given };
  const obstacles: Obstacle[] = [];
  for (const [key, question] of Object.entries(questions)) {
    const value = answers[key] ?? initialOf(question, site, answers);
    // Choices are facts: they cost a survey, so they are looked up only to be shown or compared with.
    const isOpen = value === undefined ? question.optional !== true : question.closed === true;
    const choices = isOpen ? ((await question.choices?.(site, answers)) ?? []) : [];
    if (value !== undefined) {
      const wrong = question.closed === true ? firstOutside(value, choices) : undefined;
      if (!fitsType(question.type, value)) obstacles.push(unfit(key, value, `it is no ${question.type}`));
      else if (wrong !== undefined) obstacles.push(notAChoice(key, wrong, choices));
      else obstacles.push(...checked(key, question, value));
      answers[key] = value;
    } else if (question.optional !== true) {
      const asked =
        ask === undefined ? missingFlag(key, question, choices) : await ask(key, question, choices);
      if (isObstacle(asked)) obstacles.push(asked);
      else {
        obstacles.push(...checked(key, question, asked));
        answers[key] = asked;
      }
    }
  }
  const [first, ...more] = obstacles;
  return first === undefined ? answers : refuse(first, ...more);
}

/** Answers come from a terminal, a flag, a file, or a record that a repository brings: each is looked at here. */
function checked(key: string, { check }: Question, value: Value): readonly Obstacle[] {
  const values =
    typeof value === 'string' ? [value] : Array.isArray(value) ? (value as readonly string[]) : [];
  return values.flatMap((one) => {
    const reason = check?.(one);
    return reason === undefined ? [] : [unfit(key, one, reason)];
  });
}

function unfit(key: string, value: Value, reason: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} cannot be ${JSON.stringify(value)}: ${reason}.`,
    remedy: `Give another value with --${flagOf(key)}; --help tells what it is for.`,
  };
}

/** The flags that give these answers again, ready for a shell; defaults are left out. */
export function asFlags(questions: Questions, answers: Answers, site: Site): string {
  return Object.entries(questions)
    .filter(([key, question]) => !same(answers[key], initialOf(question, site, answers)))
    .flatMap(([key]) => flagsFor(key, answers[key]))
    .join(' ');
}

function flagsFor(key: string, value: Value): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? `--${flagOf(key)}` : `--no-${flagOf(key)}`];
  const text = typeof value === 'string' ? value : value.join(',');
  return [`--${flagOf(key)} ${/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`}`];
}

function initialOf(question: Question, site: Site, given: Answers): Value {
  return typeof question.initial === 'function' ? question.initial(site, given) : question.initial;
}

function same(a: Value, b: Value): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function firstOutside(value: Value, choices: readonly Choice[]): string | undefined {
  const values =
    typeof value === 'string' ? [value] : Array.isArray(value) ? (value as readonly string[]) : [];
  return values.find((one) => !choices.some((choice) => choice.value === one));
}

function listed(choices: readonly Choice[]): string {
  return choices.map(({ value, hint }) => (hint === undefined ? value : `${value} (${hint})`)).join(', ');
}

function notAChoice(key: string, value: string, choices: readonly Choice[]): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--${flagOf(key)} cannot be ${JSON.stringify(value)}.`,
    remedy: `It takes ${listed(choices)}.`,
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
