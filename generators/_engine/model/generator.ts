import type { RelPath } from './paths.ts';
import type { Finding, Plan } from './plan.ts';
import type { Repo } from './repo.ts';
import type { Role } from './roles.ts';
import type { Service, ServiceHead } from './service.ts';

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
  /** The values it can take, known or read from the repo; also listed when the flag is missing. */
  choices?:
    readonly Choice[] | ((site: Site, given: Answers) => readonly Choice[] | Promise<readonly Choice[]>);
  /** Values outside `choices` are refused. Default false. */
  closed?: boolean;
  /** The answer when the flag is absent; a function may look at the repo and return undefined: then ask, or refuse. */
  initial?: AnswerValue | ((site: Site, given: Answers) => AnswerValue | Promise<AnswerValue>);
  /** False: these answers leave nothing to ask, and the answer is none. Default: it always arises. */
  arises?: (given: Answers) => boolean;
  /** What is wrong with a value, as `it does not start with a slash`; undefined when nothing is. */
  check?: (value: string) => string | undefined;
  /** Absent and no `initial`: leave it undefined, do not ask. A function may look at the repo. Default false. */
  optional?: boolean | ((site: Site, given: Answers) => boolean | Promise<boolean>);
  /** The answer is about one run: it is not recorded, and no later run does it again. Default false. */
  once?: boolean;
}>;

export type AnswerValue = string | boolean | readonly string[] | undefined;

export type Answers = Readonly<Record<string, AnswerValue>>;

export type Questions = Readonly<Record<string, Question>>;

/** What every plan is told beside the answers. */
export interface RunAnswers {
  /** Folder of the service to change; the root for generators that are about the record. */
  readonly target: RelPath;
  /** Folders of all services of the run. */
  readonly targets: readonly RelPath[];
  /** Folder of the package that the service shares with others; none: it has copies. */
  readonly shared?: string | undefined;
  readonly force?: boolean | undefined;
  readonly format?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** What the answers to questions are, by their types; a question of the same name as a flag of every run wins. */
export type AnswersTo<Asked extends Questions> = Omit<RunAnswers, keyof Asked> & {
  readonly [Key in keyof Asked]: AnswerTo<Asked[Key]>;
};

type AnswerTo<Asked extends Question> =
  | { string: ValueOf<Asked>; boolean: boolean; list: readonly ValueOf<Asked>[] }[Asked['type']]
  | (Asked extends { optional: true | ((...given: never) => unknown) } ? undefined : never);

/** One of its values where nothing else is taken, else any text. */
type ValueOf<Asked extends Question> = Asked extends {
  closed: true;
  choices: readonly { value: infer Value }[];
}
  ? Value
  : string;

/** How a generator recognises what it has made, where the record of it is lost. */
export interface Adoption {
  /** Role of the files that it is known by. */
  readonly role: Role;
  /** Generators whose files it builds on: they are recognised before. */
  readonly after: readonly string[];
  /** The answers to try for the service in a folder; `repo` has the record of what was recognised before. */
  answers(repo: Repo, dir: RelPath): readonly Answers[];
  /** By question, what finds the answer in the files of that role. */
  readonly read?: Readonly<Record<string, RegExp>>;
}

/** What a recorded run relies on in other services. */
export interface Contract {
  /** Each place that uses what is not kept. */
  readonly findings: readonly Finding[];
  /** Files that differ from what would be generated now only because others have changed: that alone is no drift. */
  readonly settled: readonly RelPath[];
}

/**
 * One generator. `target` says whom it changes: `auth` finds the auth service by itself, `services` needs --target;
 * `recorded` is about what `.s2s.json` holds, of all services or of those named by --target.
 * `plan` is called once for each target and throws RefusalError when it refuses; `recorded`: once, and its plan holds the record's edit as well.
 */
export interface Generator<Asked extends Questions = Questions> {
  readonly summary: string;
  readonly target: 'auth' | 'services' | 'recorded';
  readonly questions: Asked;
  /** With these answers nothing is written: what an interrupted run has left is told then, and not rolled back. */
  readsOnly?(given: Answers): boolean;
  /** What is told when it was run over the whole repository and found nothing to do; absent: `nothing to change`. */
  readonly unchanged?: string;
  plan(answers: AnswersTo<Asked>, repo: Repo): Promise<Plan>;
  /**
   * The answers with which it is planned once more for a service, so that it publishes on diagnostics channels;
   * undefined where it has nothing to publish. @throws RefusalError
   */
  diagnostics?(repo: Repo, service: Service, given: Answers): Promise<Answers | undefined>;
  /** The answers to record when it was run on a service before: of both runs. Absent: those of the later run. */
  join?(before: Answers, now: Answers): Answers;
  /** Absent: what it makes relies on no other service. */
  contract?(repo: Repo, service: RelPath, answers: Answers): Promise<Contract>;
  /** Absent: what it makes is not recorded. */
  adoption?(): Promise<Adoption>;
}

/** A generator whose plan takes the answers to its own questions, by their types. */
export function defineGenerator<const Asked extends Questions>(
  generator: Generator<Asked>,
): Generator<Asked> {
  return generator;
}
