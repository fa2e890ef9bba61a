import type { RedisConnection } from '../_engine/edit/redis-connection.ts';

/** What revocation-publisher.ts is rendered from. */
export interface PublisherView {
  readonly blacklistImport: string;
  readonly connectionImport: string;
  readonly replyImport: string;
  readonly channel: string;
}

export interface PublisherTestView {
  readonly blacklistImport: string;
  readonly channel: string;
  readonly publisherImport: string;
}

/** What revocation-denylist.ts is rendered from. */
export interface DenylistView {
  readonly imports: readonly string[];
}

/** What revocation-subscriber.ts is rendered from. */
export interface SubscriberView extends RedisConnection {
  readonly imports: readonly string[];
  /** An expression: a literal, or what reads it from the environment where the auth service is in another repository. */
  readonly channel: string;
  readonly channelMayMiss: boolean;
}
