/** What the integration test of one consumer is rendered from; arguments and entries are TypeScript, ready to stand in it. */
export interface ConsumerView {
  /** The import of what builds `consumerDir`; [] where nothing is needed. */
  readonly folderImports: readonly string[];
  readonly authName: string;
  readonly consumerName: string;
  /** An expression: a folder, as an absolute path or a URL. */
  readonly consumerDir: string;
  /** 0 where the environment sets it. */
  readonly consumerPort: string;
  readonly consumerArgs: string;
  readonly consumerEnv: readonly string[];
  /** Programs that the test runs. */
  readonly scripts: readonly Script[];
  /** The processes whose log is in their output, as the test calls them. */
  readonly logging: readonly string[];
  /** Expressions, comma-separated. */
  readonly invalidTokens: string;
  /** Path of the verify route. */
  readonly path: string;
  readonly guardedUrl: string;
  readonly guardedMethod: string;
}

/** The same with a real auth service. */
export interface IntegrationView extends ConsumerView {
  readonly authDir: string;
  readonly authPort: string;
  readonly authArgs: string;
  readonly authEnv: readonly string[];
  /** Names of `node:child_process`. */
  readonly processImports: string;
  /** What `logIn` of the test does, for people. */
  readonly loginIs: string;
  /** Its statements. */
  readonly login: readonly string[];
  /** The answer about a token of the login: an object. */
  readonly answer: string;
  readonly algorithm: string;
  /** Name of the hash for `createHmac`. */
  readonly digest: string;
  /** The logout routes that revoke. */
  readonly logouts: readonly Logout[];
}

/** The suite in a package that consumers share. */
export interface SuiteView extends Omit<
  IntegrationView,
  'consumerDir' | 'consumerPort' | 'consumerArgs' | 'consumerEnv' | 'consumerName'
> {
  /** A literal. */
  readonly authLogs: string;
  /** What most consumers have, and need not tell: code, as in SharedTestView. */
  readonly usualStart: string;
  readonly usualPort: string;
  readonly usualEnv: string;
  readonly usualLogs: string;
}

/** The test of a consumer that runs this suite. */
export interface SharedTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  readonly scripts: readonly Script[];
  /** The lines of a statement that tells the suite what is unusual. */
  readonly call: readonly string[];
}

/** A constant of the test: lines of code. */
export interface Script {
  readonly name: string;
  readonly does: string;
  readonly lines: readonly string[];
}

export interface Logout {
  readonly url: string;
  readonly method: string;
}
