import type { RelPath } from './paths.ts';

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
  /** A dynamic `import()` needs a file extension, even where the imports of the service have none. */
  strictResolution: boolean;
  /** The compiler resolves packages by their `exports`. */
  readsExports: boolean;
  /**
   * `@/` → `src/`: aliases that the service's own imports use, most used first; [] when it imports relatively.
   * `extended`: they take no extension, because what they stand for has it (`#app/*` → `./src/*.ts`).
   */
  aliases: readonly Readonly<{ prefix: string; dir: RelPath; extended?: boolean }>[];
  tsconfig: RelPath | undefined;
  /** Imported by its name; its own files import each other relatively, with the extension `.js` in ES modules. */
  shared?: SharedPackage | undefined;
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

/** A package of the workspace that holds the parts that services have in common. */
export type SharedPackage = Readonly<{
  dir: RelPath;
  name: string;
  type: 'module' | 'commonjs';
  manifest: Readonly<{ path: RelPath }>;
}>;

export type LayoutFact = Readonly<{
  /** Undefined where the service has its own copies. */
  shared?: SharedPackage | undefined;
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
  /** How a TypeScript file is run without a build, as argv after `node`: ['--import', 'tsx'] or ['-r', '@swc-node/register']. */
  runTypeScript?: readonly string[];
}>;

/** One import statement; `names` are `a` or `a as b`. */
export type ImportWant = Readonly<{
  from: string;
  default?: string;
  names?: readonly string[];
  typeOnly?: boolean;
}>;
