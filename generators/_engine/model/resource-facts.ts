import type { ImportWant } from './code-facts.ts';
import type { RelPath } from './paths.ts';

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
