import type { RedisConnection } from '../_engine/edit/redis-connection.ts';

/** What revocation-publisher.ts is rendered from. */
export interface PublisherView {
  readonly blacklistImport: string;
  readonly channel: string;
}

export interface PublisherTestView extends PublisherView {
  readonly publisherImport: string;
}

/** What revocation-subscriber.ts is rendered from. */
export interface SubscriberView extends RedisConnection {
  readonly imports: readonly string[];
  /** False where the auth service is in another repository: then an expression reads it from the environment. */
  readonly channel: string | false;
  readonly channelVariable: string;
}
