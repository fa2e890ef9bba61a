/**
 * Every type that two modules share. Data goes one way:
 * flags → survey → questions → plan → format → prove → diff/json → apply → report.
 */

declare const rel: unique symbol;
/** POSIX path relative to the repo root; never absolute, never climbs. `''` is the root itself. */
export type RelPath = string & { readonly [rel]: true };

/* ---------------------------------------------------------------- edits */

/** Replace [start, end) by `text`. UTF-16 offsets into `base`, the text read from disk without its BOM. */
export type TextChange = Readonly<{ start: number; end: number; text: string }>;

/** What a file is; `source`: code that has no role of its own. */
export type Role =
  | 'circuit-breaker'
  | 'service-client'
  | 'verify-route'
  | 'token-blacklist'
  | 'auth-middleware'
  | 'rate-limit'
  | 'revocation'
  | 'service-discovery'
  | 'metrics'
  | 'monitoring'
  | 'tracing'
  | 'source'
  | 'registration'
  | 'manifest'
  | 'env'
  | 'compose'
  | 'unit-test'
  | 'integration-test'
  | 'drawing'
  | 'record';

export type Edit =
  | Readonly<{ kind: 'create'; path: RelPath; role: Role; text: string }>
  | Readonly<{
      kind: 'patch';
      path: RelPath;
      role: Role;
      base: string;
      /** The ranges that were declared, in `base`: of a file of the user's, those that each `ensure…` gave. */
      changes: readonly TextChange[];
      /** What the user's formatter made of `base` with the changes; absent where they are the text to the letter. */
      formatted?: string;
      /** What the template gave, where the file is to hold the user's edits too. */
      rendered?: string;
    }>
  | Readonly<{ kind: 'delete'; path: RelPath; role: Role; base: string }>;

/** What to do, and what the user should know about it (`notes`: one full sentence each; `findings`: places). */
export type Plan = Readonly<{
  ok: true;
  edits: readonly Edit[];
  notes: readonly string[];
  /** Those of the notes that say why the new code is not formatted: they are about this run, not about its generator. */
  formatNotes?: readonly string[];
  findings?: readonly Finding[];
  /** What was asked to be shown, whole, with its last line break: it stands alone on standard output. */
  output?: string;
  /** Every whole file that was planned, also those that are there already. */
  wanted?: readonly Readonly<{ path: RelPath; role: Role; text: string }>[];
}>;

/**
 * How what was generated stands in the repo. conflict: the file holds merge markers · missing: it is gone · edited: it
 * is not as it was written · outdated: today's template gives something else · unwired: a registration, a hook or a
 * dependency is gone · undeclared: a variable is not listed · unreachable: a URL leads nowhere in the repo ·
 * orphaned: its service is gone · blocked: the generator would be refused now.
 */
type FindingState =
  | 'conflict'
  | 'missing'
  | 'edited'
  | 'outdated'
  | 'unwired'
  | 'undeclared'
  | 'unreachable'
  | 'orphaned'
  | 'blocked';
/** One place that somebody should look at; `message` is one full sentence. */
export type Finding = Readonly<{ state: FindingState; path: RelPath; line?: number; message: string }>;
export type Refusal = Readonly<{ ok: false; obstacles: readonly [Obstacle, ...Obstacle[]] }>;

/* ------------------------------------------------------------ obstacles */

/** Codes that end with exit code 2 (usage); every other one ends with 3 (the repo does not allow it). */
export type UsageCode =
  'E_USAGE' | 'E_UNKNOWN_FLAG' | 'E_MISSING_FLAG' | 'E_INVALID_FLAG' | 'E_UNKNOWN_GENERATOR';
export type ObstacleCode =
  | UsageCode
  | 'E_NO_FASTIFY'
  | 'E_NO_SUCH_SERVICE'
  | 'E_AMBIGUOUS_TARGET'
  | 'E_NO_AUTH_SERVICE'
  | 'E_AMBIGUOUS_AUTH'
  | 'E_SYNTAX'
  | 'E_JAVASCRIPT_ONLY'
  | 'E_UNSUPPORTED_FRAMEWORK'
  | 'E_NO_INSTANCE'
  | 'E_AMBIGUOUS_INSTANCE'
  | 'E_NO_REGISTRATION_PLACE'
  | 'E_ROUTE_EXISTS'
  | 'E_ROUTE_GUARDED'
  | 'E_NO_VERIFY_KEY'
  | 'E_TOKEN_POLICY'
  | 'E_DECORATOR_TAKEN'
  | 'E_OLD_DEPENDENCY'
  | 'E_RATE_LIMITED'
  | 'E_REDIS_CLUSTER'
  | 'E_MISSING_PART'
  | 'E_NO_SUCH_PLUGIN'
  | 'E_NOT_ENCAPSULATED'
  | 'E_FILE_EXISTS'
  | 'E_FILE_EDITED'
  | 'E_FILE_CHANGED'
  | 'E_IN_USE'
  | 'E_DIRTY'
  | 'E_NOT_UTF8'
  | 'E_MERGE_MARKERS'
  | 'E_MANIFEST'
  | 'E_TOO_COMPLEX'
  | 'E_PATH'
  | 'E_PROOF'
  | 'E_CHECK'
  | 'E_RECORD'
  | 'E_WRITE'
  | 'E_LOCKED'
  | 'E_NODE_VERSION';

/** 1-based line; `frame` is the code around it, ready to print. */
export type Place = Readonly<{ path: string; line?: number; frame?: string }>;

/** One reason why not. `remedy` says what to do about it; `manual` holds the exact steps by hand. */
export type Obstacle = Readonly<{
  code: ObstacleCode;
  at?: Place;
  message: string;
  remedy: string;
  manual?: string;
}>;

/* ----------------------------------------------------------------- repo */

export type Entry = Readonly<{ name: string; kind: 'file' | 'directory' | 'other' }>;

/** A read-only view of the files below the root: the disk, or the disk with plans laid over it. */
export interface Repo {
  /** Absolute path of the root; for messages and for commands that apply runs, never for reading. */
  readonly root: string;
  /** Text without BOM; undefined when there is no such file. @throws RefusalError E_NOT_UTF8, E_PATH */
  read(path: RelPath): string | undefined;
  /** Entries of a folder, sorted by name; [] when there is none. Links that leave the root are `other`. */
  list(path: RelPath): readonly Entry[];
  /** The disk alone; one and the same for all states of it. */
  readonly origin: Repo;
  /**
   * The first of these states in which what is below a folder, and the files right in the folders above it, are as they
   * are now: facts of a service are surveyed once for it, however many others a plan has changed since.
   */
  since(dir: RelPath): Repo;
}

/* ------------------------------------------------------------- services */

/** A package that depends on fastify, known from its package.json alone. */
export type ServiceHead = Readonly<{
  /** `name` of package.json, else the folder's name. */
  name: string;
  dir: RelPath;
  manifest: Manifest;
}>;

export type Manifest = Readonly<{
  path: RelPath;
  text: string;
  type: 'module' | 'commonjs';
  scripts: Readonly<Record<string, string>>;
  /** dependencies, devDependencies, peerDependencies and optionalDependencies together: name → range. */
  dependencies: Readonly<Record<string, string>>;
}>;

/** Every fact about one service that a generator may ask for. */
export type Service = ServiceHead &
  Readonly<{
    fastifyMajor: number;
    app: AppFact;
    modules: ModuleFact;
    style: Style;
    layout: LayoutFact;
    jwt: JwtFact;
    redis: RedisFact;
    config: ConfigFact;
    testing: TestingFact;
    tooling: ToolingFact;
    /** Route plugins and inline routes found, in order of registration. */
    routes: readonly RoutePlugin[];
    /** Names given to `instance.decorate(…)` anywhere in the service. */
    decorators: readonly Member[];
    /** Members that the service's own code adds to FastifyRequest, or `user` when @fastify/jwt is a dependency. */
    requestMembers: readonly Member[];
    pluginNames: PluginNamesFact;
    /** Routes take JSON schemas: no `setValidatorCompiler` in the service's own code. */
    plainSchemas: boolean;
    /** A hook of the whole application that refuses requests but for routes that opt out of it. */
    guard?: GuardFact;
  }>;

/**
 * Where the hook is added. `optOut`: what a route has in its `config` to get past it, `skipAuth: true`; absent where
 * the hook looks the URL up in a list. `lists`: the URLs that its file names.
 */
export type GuardFact = Readonly<{ path: RelPath; line: number; optOut?: string; lists: readonly string[] }>;

/** A name that is taken, and the file that takes it; absent when a package does. */
export type Member = Readonly<{ name: string; at?: Place }>;

/** Names that its plugins may have for fastify-plugin. `hidden`: the first place that gives one which cannot be read. */
export type PluginNamesFact = Readonly<{ taken: readonly Member[]; hidden?: Place }>;

/** Where the Fastify instance is and how it is put together. */
export type AppFact = Readonly<{
  /** The file whose code registers plugins on the instance. */
  file: RelPath;
  /**
   * factory: a function makes and returns it · main: a function makes it and listens ·
   * singleton: a module-level const · plugin: the app is itself a plugin (fastify-cli) · class: a field.
   */
  kind: 'factory' | 'main' | 'singleton' | 'plugin' | 'class';
  /**
   * The expression that names the instance where it is registered on: `app`, `server`, `this.server`;
   * `fastify()` for one without a name, on which everything is chained.
   */
  binding: string;
  /** How a test can get the instance without listening; absent when importing the file listens or exports nothing. */
  importable?: Readonly<{
    name: string;
    export: 'named' | 'default';
    shape: 'factory' | 'instance' | 'plugin';
    async: boolean;
    /** Text of required arguments that a test would have to give; [] when it can be called bare. */
    requiredParameters: readonly string[];
  }>;
  /** The file that listens (often server.ts or index.ts); absent for fastify-cli apps. */
  entry?: RelPath;
  listen: Readonly<{ portEnv?: string; defaultPort?: number; hostEnv?: string }>;
  /** The package whose code makes the instance, by its specifier; absent when the service or fastify-cli does. */
  madeBy?: string;
  /** The instance is made with a logger. */
  logs: boolean;
  /** Folders given to @fastify/autoload, in order. */
  autoload: readonly AutoloadFact[];
}>;

export type AutoloadFact = Readonly<{
  dir: RelPath;
  /** routes: it lies in a folder called routes or modules, or its files have route calls and it lies in none called plugins. */
  holds: 'plugins' | 'routes';
  dirNameRoutePrefix: boolean;
  autoHooks: boolean;
  prefix: string;
}>;

export type ModuleFact = Readonly<{
  /** What TypeScript emits. */
  system: 'esm' | 'cjs';
  /** What relative imports end with in this service. */
  extension: '' | '.js' | '.ts';
  /** What they end with in new files: as the others, but nothing where jest cannot find `./x.js`. */
  newExtension: '' | '.js' | '.ts';
  /** `import type` is required or usual. */
  typeImports: boolean;
  esModuleInterop: boolean;
  /** The compiler's library knows `new Error(message, { cause })`: ES2022. */
  errorCause: boolean;
  /** A dynamic `import()` needs a file extension, even where the imports of the service have none. */
  strictResolution: boolean;
  /**
   * `@/` → `src/`: aliases that the service's own imports use, most used first; [] when it imports relatively.
   * `extended`: they take no extension, because what they stand for has it (`#app/*` → `./src/*.ts`).
   */
  aliases: readonly Readonly<{ prefix: string; dir: RelPath; extended?: boolean }>[];
  tsconfig: RelPath | undefined;
}>;

/** How text of a file is written. For a new file: how the service's files are written by majority. */
export type Style = Readonly<{
  quote: "'" | '"';
  semicolons: boolean;
  /** One level: '\t', '  ', '    '. */
  indent: string;
  eol: '\n' | '\r\n';
  trailingCommas: boolean;
  finalNewline: boolean;
}>;

export type LayoutFact = Readonly<{
  /** `src` or '' … below the service's folder, as a repo path. */
  sourceDir: RelPath;
  /** Existing folders where siblings are, or the usual place when there are none. Repo paths. */
  routesDir: RelPath;
  pluginsDir: RelPath;
  middlewareDir: RelPath;
  /** utils, lib or shared: where the breaker and the client go. */
  utilsDir: RelPath;
  /**
   * Tests: `beside` the source, `nested` in a folder of that name beside it, or in one `folder` of their own. `dir` is
   * where those go that are about no single file.
   */
  tests: Readonly<{ place: 'beside' | 'nested' | 'folder'; dir: RelPath; suffix: '.test' | '.spec' }>;
  /** How file names are written: circuit-breaker, circuitBreaker, CircuitBreaker, circuit_breaker. */
  casing: 'kebab' | 'camel' | 'pascal' | 'snake';
  /** Likewise before a dot: `two-factor.routes`, where the files of classes are called TwoFactor. */
  dottedCasing: 'kebab' | 'camel' | 'pascal' | 'snake';
  /** `users.routes.ts` → '.routes'; '' when route files have no suffix. Likewise for middleware and plugins. */
  routeSuffix: string;
  middlewareSuffix: string;
  pluginSuffix: string;
}>;

export type JwtFact = Readonly<{
  library: '@fastify/jwt' | 'jsonwebtoken' | 'jose' | 'fast-jwt' | 'none';
  /** Files and 1-based lines where tokens are signed. */
  signs: readonly Readonly<{ path: RelPath; line: number }>[];
  /** HS256 when nothing says otherwise and the secret is a string. */
  algorithm: string;
  /** The secret as the service writes it (`env.JWT_SECRET`), with the imports that it needs in another file. */
  secret?: Readonly<{ expression: string; imports: readonly ImportWant[]; env?: string; fallback?: string }>;
  /** @fastify/jwt only: `namespace` option, and the decorator's other names. */
  namespace?: string;
  /** File and binding where @fastify/jwt is registered. */
  registeredIn?: RelPath;
  /** Keys of the object that is signed, in order: `['sub', 'email', 'tenantId']`. */
  claims: readonly string[];
  issuer?: string;
  audience?: string;
}>;

export type RedisFact = Readonly<{
  library: 'ioredis' | '@fastify/redis' | 'redis' | 'none';
  /** How another file gets at the client that exists: `app.redis`, or an import. */
  client?: Readonly<{ expression: string; imports: readonly ImportWant[]; optional: boolean }>;
  /** Where a client of several nodes is made, and there is none of a single one beside it. */
  cluster?: Readonly<{ path: RelPath; line: number; made: string }>;
}>;

export type ConfigFact = Readonly<{
  style: 'process.env' | 'zod' | '@fastify/env' | 'env-schema' | 'envalid';
  /** The file with the schema, and how other files read a variable: `env.X`, `config.X`. */
  file?: RelPath;
  /** The schema's `z.object(…)` / properties object is found again in the file by this variable name. */
  schema?: string;
  /** The file whose interface types by hand what the schema declares. */
  types?: RelPath;
  /** `env` in `env.PORT`, with the import another file needs; absent for process.env. */
  reader?: Readonly<{ expression: string; imports: readonly ImportWant[] }>;
  /** `.env.example` and the like, where siblings are listed. */
  exampleFiles: readonly RelPath[];
}>;

export type TestingFact = Readonly<{
  runner: 'vitest' | 'jest' | 'node:test' | 'tap' | 'none';
  /** describe/it/expect are globals (vitest `globals: true`, jest without @jest/globals). */
  globals: boolean;
  /** How tests that match NAME are run from the service's folder, with `NAME` in it. */
  command: string;
}>;

export type ToolingFact = Readonly<{
  packageManager: 'npm' | 'pnpm' | 'yarn' | 'bun';
  /** The folder whose lockfile rules this service. */
  installRoot: RelPath;
  formatter: 'prettier' | 'biome' | 'none';
  /** How a TypeScript file is run without a build, as argv after `node`: ['--import', 'tsx'] or ['-r', 'ts-node/register']. */
  runTypeScript?: readonly string[];
}>;

/** A group of routes that is guarded as one. */
export type RoutePlugin = Readonly<{
  /** The name that it has in the code: `usersRoutes`; for autoload the folder or file name. */
  name: string;
  /** The file with the plugin function; undefined when it could not be found. */
  file?: RelPath;
  /** What `file` itself calls the function: an exported or local name, or `default`; absent for an inline function. */
  exportedAs?: string;
  /** plugin: its own encapsulated function · shared: fp-wrapped or a plain `registerX(app)` call · inline: routes in the app file. */
  kind: 'plugin' | 'shared' | 'inline';
  autoloaded: boolean;
  /** Full prefix as far as it is known from literals. */
  prefix: string;
  routes: readonly Route[];
}>;

/** `url` is absolute, prefix included; `public`: why the code itself says that it asks for no token. */
export type Route = Readonly<{ method: string; url: string; path: RelPath; line: number; public?: string }>;

/* ------------------------------------------------------ what edits want */

/** One import statement; `names` are `a` or `a as b`. */
export type ImportWant = Readonly<{
  from: string;
  default?: string;
  names?: readonly string[];
  typeOnly?: boolean;
}>;

/** Register `expression` on the instance of an app file. */
export type RegistrationWant = Readonly<{
  app: Pick<AppFact, 'kind' | 'binding'>;
  /** The plugin's local name, which also tells whether it is registered already: `authVerifyRoutes`. */
  plugin: string;
  /** Text of the options object without braces, `prefix: '/auth'`; undefined for none. */
  options?: string;
  /** routes: after the last route plugin · before-routes: before the first of them · guard: before all that may have some. */
  position: 'routes' | 'before-routes' | 'guard';
  /**
   * guard only. Calls on the instance by method and arguments: those that are seen to have no routes, and those that the
   * guard has to come after. `owner`: the function whose parameter is the instance.
   */
  order?: Readonly<{ silent: readonly string[]; after: readonly string[]; owner?: string }>;
  /** Names of plugins known to hold routes: they tell where routes begin. */
  routePlugins: readonly string[];
}>;

/** Put `statement` first in the body of the plugin function of a route file. `{{app}}` in it is the function's own name for the instance. */
export type HookWant = Readonly<{
  /** Exported or registered name of the function; 'default' for the default export. */
  plugin: string;
  statement: string;
}>;

export type DependencyWant = Readonly<{
  name: string;
  /** Caret range; written in the version style that siblings have (`^`, `~`, exact). */
  range: string;
  section: 'dependencies' | 'devDependencies';
}>;

/** One variable of a `.env` example file. */
export type EnvWant = Readonly<{ name: string; value: string; comment?: string }>;

/** One variable in a schema that parses the environment. */
export type EnvDeclarationWant = Readonly<{
  config: Pick<ConfigFact, 'style' | 'schema'>;
  name: string;
  type: 'url' | 'string';
  /** Literal default; undefined means optional. */
  default?: string;
}>;

/* ----------------------------------------------------------- generators */

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
