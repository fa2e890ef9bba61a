import type { ImportWant } from './code-facts.ts';
import type { Place } from './obstacle.ts';
import type { RelPath } from './paths.ts';

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
