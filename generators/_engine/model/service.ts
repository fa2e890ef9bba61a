import type { AppFact, GuardFact, RoutePlugin } from './app-facts.ts';
import type { ImportWant, LayoutFact, ModuleFact, Style, TestingFact, ToolingFact } from './code-facts.ts';
import type { Place } from './obstacle.ts';
import type { RelPath } from './paths.ts';

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

export type JwtFact = Readonly<{
  library: '@fastify/jwt' | 'jsonwebtoken' | 'jose' | 'fast-jwt' | 'none';
  /** Files and 1-based lines where tokens are signed; first the one that `algorithm` and `secret` are of. */
  signs: readonly Readonly<{ path: RelPath; line: number }>[];
  /** HS256 when nothing says otherwise and the secret is a string. */
  algorithm: string;
  /** The secret as the service writes it (`env.JWT_SECRET`), with the imports that it needs in another file. */
  secret?: Readonly<{ expression: string; imports: readonly ImportWant[]; env?: string; fallback?: string }>;
  /** @fastify/jwt only: `namespace` option, and the decorator's other names. */
  namespace?: string;
  /** No `interface JWT` of the service has that namespace as a member. */
  isNamespaceUntyped?: true;
  /** File and binding where @fastify/jwt is registered. */
  registeredIn?: RelPath;
  /** Keys of the object that is signed, in order: `['sub', 'email', 'tenantId']`. */
  claims: readonly string[];
  issuer?: string;
  audience?: string;
  /** Where an algorithm is given that cannot be read; `algorithm` is a guess then. */
  algorithmAt?: Place;
  /** Absent where no login is known. */
  user?: UserClaims;
}>;

/** What the tokens of a login say of their user. */
export type UserClaims = Readonly<{
  /** Path of the claim that names the user: `['sub']`, `['user', 'id']`; undefined where the code does not say. */
  userId: readonly string[] | undefined;
  /** Path of the claim that names the tenant, where the user has said it. */
  tenantId?: readonly string[];
  /** Paths that it could be, with dots. */
  possible: readonly string[];
  /** What else is signed about the user. */
  extra: readonly ExtraClaim[];
}>;

/** A claim that is carried on under its own name; `path` says where the token has it, `type` is TypeScript. */
export type ExtraClaim = Readonly<{ name: string; path: readonly string[]; type: string }>;

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
