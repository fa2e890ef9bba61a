import type { AppFact } from './app-facts.ts';
import type { ConfigFact } from './service.ts';

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
