import type { RedisConnection } from '../_engine/edit/redis-connection.ts';

/** What the plugin is rendered from; expressions are TypeScript. */
export interface LimitView {
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** `, dependencies: ['redis']`: autoloaded plugins that it has to follow; empty for none. */
  readonly dependencies: string;
  readonly imports: readonly string[];
  /** What the `config` of routes may have is declared for all of them. */
  readonly declares: boolean;
  /** The type of its options, an intersection of those of its parts. */
  readonly optionTypes: string;
  /** Members of the options of limitRequests: what was read from the service, unless the user set it. */
  readonly defaults: readonly string[];
}

/** What shared-buckets.ts is rendered from. */
export interface SharedBucketsView extends RedisConnection {
  readonly imports: readonly string[];
  /** A string literal: what the keys in Redis begin with. */
  readonly prefix: string;
}

/** What the tests of the plugin are rendered from. */
export interface LimitTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** Statements after them: they load the plugin where its configuration needs an environment first. */
  readonly setUp: readonly string[];
  /** Statements that register what the plugin depends on. */
  readonly standIns: readonly string[];
  /** Path of the verify route. */
  readonly path: string;
}

/** What the tests of the buckets are rendered from. */
export interface BucketTestView {
  readonly bucketImport: string;
  readonly refusalImport: string;
  readonly redisImport: string;
  readonly scriptImport: string;
}
