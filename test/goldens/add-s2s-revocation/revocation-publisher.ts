import type { EventEmitter } from 'node:events';

import type { FastifyBaseLogger } from 'fastify';

import type { LogConnection } from './log-connection.js';
import { createReplyPatience } from './redis-reply.js';
import type { BlacklistStore } from './token-blacklist.js';

/** The log that services follow, a Redis stream; beside it, `…:all` has every revocation that counts. */
const LOG = 'token-revocations:acme/auth-service';
/** About how many entries the log keeps. Who is further behind reads all revocations. */
const LOG_LENGTH = '10000';
/** Milliseconds before what Redis may have lost is written again, where that has failed. */
const RETRY_MS = 1_000;
/** One step for Redis: nobody finds one of the two without the other. */
const APPEND = `
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', '${LOG_LENGTH}', '*', 'key', ARGV[1], 'until', ARGV[2])`;

/**
 * A denylist that writes each revocation to a log, so that every service hears of it, at once or when it is back. An entry
 * is the key of the denylist, never a token. What Redis may have lost is written again on each new connection: all that
 * this process has revoked.
 */
export function publishRevocations(
  store: BlacklistStore,
  connection: Pick<LogConnection, 'send'>,
  events: Pick<EventEmitter, 'on'>,
  log: Pick<FastifyBaseLogger, 'warn'>,
): BlacklistStore {
  /** Until when they count, in epoch seconds, by key. */
  const own = new Map<string, number>();
  const replyTo = createReplyPatience();
  let sweepAt = 1_024;
  let connections = 0;

  const write = async (key: string, until: number): Promise<void> => {
    const nowS = Math.floor(Date.now() / 1_000);
    // First here: who forgets the token asks again, and must be told that it is revoked.
    await store.add(key, Math.max(1, until - nowS));
    const keys = ['2', LOG, `${LOG}:all`];
    await replyTo(connection.send(['EVAL', APPEND, ...keys, key, String(until), String(nowS)]));
  };

  const sweep = (): void => {
    for (const [key, until] of own) if (until <= Date.now() / 1_000) own.delete(key);
    sweepAt = Math.max(1_024, 2 * own.size);
  };

  const writeAgain = async (): Promise<void> => {
    sweep();
    for (const [key, until] of own) await write(key, until);
  };
  const catchUp = (of: number): void => {
    // A later connection does it, or there is none any more.
    if (of !== connections) return;
    writeAgain().catch((error: unknown) => {
      log.warn({ err: error }, 'Revocations could not be written again yet');
      setTimeout(catchUp, RETRY_MS, of).unref();
    });
  };
  events.on('ready', () => {
    connections += 1;
    catchUp(connections);
  });
  events.on('end', () => {
    connections += 1;
  });

  return {
    async add(key, seconds) {
      const until = Math.ceil(Date.now() / 1_000) + seconds;
      await write(key, until);
      own.set(key, until);
      if (own.size >= sweepAt) sweep();
    },
    has: (key) => store.has(key),
  };
}
