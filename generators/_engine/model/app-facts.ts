import type { RelPath } from './paths.ts';

/**
 * Where the hook is added. `optOut`: what a route has in its `config` to get past it, `skipAuth: true`; absent where
 * the hook looks the URL up in a list. `lists`: the URLs that its file names.
 */
export type GuardFact = Readonly<{ path: RelPath; line: number; optOut?: string; lists: readonly string[] }>;

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
  /** The files that are surely loaded; [] where an option that leaves files out cannot be read. */
  loads: readonly RelPath[];
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

/**
 * `url` is absolute, prefix included; `public`: why the code itself says that it asks for no token; `by`: what a package
 * does there that may be meant for callers without one.
 */
export type Route = Readonly<{
  method: string;
  url: string;
  path: RelPath;
  line: number;
  public?: string;
  by?: string;
}>;
