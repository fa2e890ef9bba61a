import type { Plan } from './plan.ts';
import type { Refusal } from './refusal.ts';
import type { Repo } from './repo.ts';
import type { ServiceHead } from './service.ts';

/** A value that a question offers. `hint` is a fact found in the repo. */
export type Choice = Readonly<{ value: string; hint?: string }>;

/** What a question may look at before it is asked. */
export type Site = Readonly<{ repo: Repo; heads: readonly ServiceHead[] }>;

/**
 * One flag and the question that asks for it. Flag name = kebab-case of its key; order = order of asking.
 * boolean: `--x` / `--no-x` · string: one value · list: comma-separated or repeated.
 */
export type Question = Readonly<{
  type: 'string' | 'boolean' | 'list';
  /** For --help and lists of what is missing. */
  message: string;
  /** The question as it is asked on a terminal; default: `message`. */
  prompt?: string;
  /** Value names for --help: `<service>`. */
  placeholder?: string;
  /** The values it can take, read from the repo; also listed when the flag is missing. */
  choices?: (site: Site, given: Answers) => readonly Choice[] | Promise<readonly Choice[]>;
  /** Values outside `choices` are refused. Default false. */
  closed?: boolean;
  /** The answer when the flag is absent; a function may look at the repo and return undefined: then ask, or refuse. */
  initial?: AnswerValue | ((site: Site, given: Answers) => AnswerValue | Promise<AnswerValue>);
  /** What is wrong with a value, as `it does not begin with a slash`; undefined when nothing is. */
  check?: (value: string) => string | undefined;
  /** Absent and no `initial`: leave it undefined, do not ask. Default false. */
  optional?: boolean;
}>;

export type AnswerValue = string | boolean | readonly string[] | undefined;

export type Answers = Readonly<Record<string, AnswerValue>>;

export type Questions = Readonly<Record<string, Question>>;

/**
 * One generator. `target` says whom it changes: `auth` finds the auth service by itself, `services` needs --target;
 * `recorded` is about what `.s2s.json` holds, of all services or of those named by --target.
 * `plan` is called once for each target with `answers['target']` set to its folder (a RelPath) and
 * `answers['targets']` to those of the whole run; `recorded`: once, and its plan holds the record's edit as well.
 */
export interface Generator {
  readonly summary: string;
  readonly target: 'auth' | 'services' | 'recorded';
  readonly questions: Questions;
  /** With these answers nothing is written: what an interrupted run has left is told then, and not rolled back. */
  readsOnly?(given: Answers): boolean;
  plan(answers: Answers, repo: Repo): Promise<Plan | Refusal>;
}
