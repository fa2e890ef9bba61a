import type { RedisConnection } from '../_engine/edit/redis-connection.ts';

/** What token-bucket.ts is rendered from. */
export interface BucketView {
  readonly redis: boolean;
  readonly nodeRedis: boolean;
}

/** What refusal-limit.ts is rendered from. */
export interface RefusalView {
  readonly bucketImport: string;
}

/** What the plugin is rendered from; expressions are TypeScript, false is none. */
export interface LimitView extends RedisConnection {
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  readonly imports: readonly string[];
  /** What the `config` of routes may have is declared for all of them. */
  readonly declares: boolean;
  /** The service has the verify route, at `path`. */
  readonly verify: boolean;
  readonly path: string;
  readonly serviceSecret: string;
  /** The member of the request that our middleware puts the user on. */
  readonly userMember: string | false;
  /** Bad tokens of one address in a minute. */
  readonly refusals: number;
  /** String literals, comma-separated. */
  readonly unlimitedRoutes: string;
  /** A string literal: what the keys in Redis begin with. */
  readonly prefix: string;
}

/** What the tests of the plugin are rendered from. */
export interface LimitTestView {
  readonly limitImport: string;
  /** For types alone. */
  readonly optionsImport: string;
  readonly bucketImport: string;
  /** Object entries that the configuration demands; [] for none, and then the plugin is imported first of all. */
  readonly environment: readonly string[];
  readonly verify: boolean;
  readonly path: string;
  readonly userMember: string | false;
  readonly redis: boolean;
}

/** What the tests of the buckets are rendered from. */
export interface BucketTestView {
  readonly bucketImport: string;
  readonly refusalImport: string;
  readonly redis: boolean;
  readonly nodeRedis: boolean;
}
