import type { AppFact, GuardFact, RoutePlugin } from './app-facts.ts';
import type { LayoutFact, ModuleFact, Style, TestingFact, ToolingFact } from './code-facts.ts';
import type { Place } from './obstacle.ts';
import type { RelPath } from './paths.ts';
import type { ConfigFact, JwtFact, RedisFact } from './resource-facts.ts';

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

/** Every fact about one service that a generator may ask for; each is found when it is asked for. */
export type Service = ServiceHead &
  Readonly<{
    fastifyMajor: number;
    /** Whether a dependency is below `major.minor`: as installed or locked, else by its range; false without it. */
    isOlder: (name: string, major: number, minor?: number) => boolean;
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
    /** Names given to `instance.decorate(…)` anywhere in the service, or taken by a well-known plugin. */
    decorators: readonly Member[];
    /** Members that the service's own code or a well-known plugin adds to FastifyRequest. */
    requestDecorations: readonly Member[];
    pluginNames: PluginNamesFact;
    /** Routes take JSON schemas: no `setValidatorCompiler` in the service's own code, or in a package of the repo that it uses. */
    plainSchemas: boolean;
    /** A hook of the whole application that refuses requests but for routes that opt out of it. */
    guard: GuardFact | undefined;
  }>;

/** A name that is taken, and the file that takes it; absent when a package does. */
export type Member = Readonly<{ name: string; at?: Place }>;

/** Names that its plugins may have for fastify-plugin. `hidden`: the first place that gives one which cannot be read. */
export type PluginNamesFact = Readonly<{ taken: readonly Member[]; hidden?: Place }>;

/** How each fact is found. */
type Finders<Facts> = { readonly [Key in keyof Facts]-?: () => Facts[Key] };

/** Facts that are found when they are asked for, once; one that fails fails again the next time. */
export function lazyFacts<Facts extends object>(finders: Finders<Facts>): Facts {
  const facts = {};
  for (const [key, find] of Object.entries<() => unknown>(finders)) {
    const get = (): unknown => {
      const value = find();
      Object.defineProperty(facts, key, { value, enumerable: true });
      return value;
    };
    Object.defineProperty(facts, key, { get, enumerable: true, configurable: true });
  }
  return facts as Facts;
}

/** The same facts but for some, without finding the others. */
export function withFacts<Facts extends object>(facts: Facts, known: Partial<Facts>): Facts {
  const others = Object.keys(facts).map((key) => [key, () => facts[key as keyof Facts]] as const);
  const given = Object.entries(known).map(([key, value]) => [key, () => value] as const);
  return lazyFacts(Object.fromEntries([...others, ...given]) as unknown as Finders<Facts>);
}
