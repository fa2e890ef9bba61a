import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyBaseLogger, FastifyInstance } from 'fastify';

import type { LogConnection } from './log-connection.ioredis.ts';

/** What hears of revocations; a ClaimCache is one. */
export interface RevocationListener {
  /** The token with that key (of token-key.ts) is revoked; its entry counts until then, in epoch milliseconds. */
  revoke(key: string, countsUntil: number): void;
  /** Revocations may have been missed. Called without `readsAll` alone. */
  clear?(): void;
}

export interface RevocationLogOptions {
  /** The key of the log in Redis. */
  name: string;
  /** After a gap, the listener is given all revocations that count. Default: it is cleared. */
  readsAll?: boolean;
  /** Milliseconds without word from Redis after which the listener no longer knows what is revoked. Default 5 000. */
  maxSilenceMs?: number;
  /** Milliseconds, monotonic. Default `performance.now`. */
  clock?: () => number;
}

/** Milliseconds for which a command waits for the next revocation; then it says that there is none. */
const WAIT_MS = 1_000;
/** Milliseconds after which a connection that does not reply is given up. */
const REPLY_LIMIT_MS = 3_000;
/** Milliseconds before the next attempt. */
const PAUSE_MS = 100;
const PAGE_SIZE = '1000';
/** The position before the first entry. */
const START = '0-0';

/**
 * Follows the log of revocations for the life of the application. Gives whether the listener knows of every revocation,
 * but for those of the last `maxSilenceMs`.
 */
export function followRevocations(
  app: Pick<FastifyInstance, 'addHook' | 'log'>,
  connection: LogConnection,
  listener: RevocationListener,
  options: RevocationLogOptions,
): () => boolean {
  const follower = new LogFollower(app.log, connection, listener, options);
  app.addHook('onClose', (_app, done) => {
    follower.stop();
    done();
  });
  follower.start();
  return () => follower.isTold();
}

/**
 * Reads from where it was. On each connection, and where the log no longer has that position, it begins anew: first the
 * position, then all revocations, so that none falls between them.
 */
class LogFollower {
  readonly #log: FastifyBaseLogger;
  readonly #connection: LogConnection;
  readonly #listener: RevocationListener;
  readonly #name: string;
  readonly #readsAll: boolean;
  readonly #maxSilenceMs: number;
  readonly #clock: () => number;
  /** Each revocation before then is known. By the time of the question: the reply of a process that slept is old. */
  #knownAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #hasFailed = false;

  constructor(
    log: FastifyBaseLogger,
    connection: LogConnection,
    listener: RevocationListener,
    options: RevocationLogOptions,
  ) {
    this.#log = log;
    this.#connection = connection;
    this.#listener = listener;
    this.#name = options.name;
    this.#readsAll = options.readsAll ?? false;
    this.#maxSilenceMs = options.maxSilenceMs ?? 5_000;
    this.#clock = options.clock ?? (() => performance.now());
  }

  isTold(): boolean {
    return this.#clock() - this.#knownAt <= this.#maxSilenceMs;
  }

  stop(): void {
    this.#isStopped = true;
  }

  start(): void {
    this.#follow().catch((error: unknown) => {
      this.#report(error);
    });
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#followConnection();
      } catch (error) {
        this.#report(error);
        await sleep(PAUSE_MS, undefined, { ref: false });
      }
    }
  }

  /** Once for each outage. */
  #report(error: unknown): void {
    if (this.#hasFailed || this.#isStopped) return;
    this.#hasFailed = true;
    this.#log.warn({ err: error }, 'The log of revoked tokens cannot be read');
  }

  async #followConnection(): Promise<never> {
    let position = await this.#beginAnew();
    this.#log.debug('Following the log of revoked tokens');
    this.#hasFailed = false;
    for (;;) position = await this.#readNext(position);
  }

  async #beginAnew(): Promise<string> {
    const askedAt = this.#clock();
    const [last] = entriesOf(await this.#send(['XREVRANGE', this.#name, '+', '-', 'COUNT', '1']));
    if (this.#readsAll) await this.#readAll();
    else this.#listener.clear?.();
    this.#knownAt = askedAt;
    return last?.[0] ?? START;
  }

  async #readAll(): Promise<void> {
    let cursor = '0';
    do {
      const [next, members] = listOf(
        await this.#send(['ZSCAN', `${this.#name}:all`, cursor, 'COUNT', PAGE_SIZE]),
      );
      for (const [key, until] of pairsIn(listOf(members))) this.#tell(key, until);
      cursor = String(next);
    } while (cursor !== '0');
  }

  /** Waits for the entries after a position and gives that of the last one. */
  async #readNext(position: string): Promise<string> {
    const askedAt = this.#clock();
    const wait = ['BLOCK', String(WAIT_MS), 'COUNT', PAGE_SIZE];
    const [log] = listOf(await this.#send(['XREAD', ...wait, 'STREAMS', this.#name, position]));
    const entries = entriesOf(listOf(log)[1]);
    for (const [, fields] of entries) {
      const entry = new Map(pairsIn(fields));
      this.#tell(String(entry.get('key')), String(entry.get('until')));
    }
    if (!(await this.#isThere(position, entries.length))) return this.#beginAnew();
    this.#knownAt = askedAt;
    return entries[entries.length - 1]?.[0] ?? position;
  }

  /** Entries are dropped at the front: while one is there, none after it was dropped. An empty log has no such entry. */
  async #isThere(position: string, count: number): Promise<boolean> {
    if (position === START)
      return count === 0 && Number(await this.#send(['ZCARD', `${this.#name}:all`])) === 0;
    return listOf(await this.#send(['XRANGE', this.#name, position, position])).length > 0;
  }

  /** Whoever reaches Redis can write: anything else than a key is ignored. */
  #tell(key: string, until: string): void {
    if (isTokenKey(key)) this.#listener.revoke(key, Number(until) * 1_000);
  }

  async #send(command: readonly string[]): Promise<unknown> {
    if (this.#isStopped) throw new Error('The application is closed');
    return withLimit(this.#connection, command);
  }
}

async function withLimit(connection: LogConnection, command: readonly string[]): Promise<unknown> {
  const limit = new AbortController();
  const tooLate = sleep(REPLY_LIMIT_MS, undefined, { ref: false, signal: limit.signal }).then(() => {
    connection.reconnect();
    throw new Error('Redis did not answer in time');
  });
  // It is aborted as a rule.
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([connection.send(command), tooLate]);
  } finally {
    limit.abort();
  }
}

function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? (reply as readonly unknown[]) : [];
}

/** Entries of a stream: the ID, and fields and values in turn. */
function entriesOf(reply: unknown): readonly (readonly [id: string, fields: readonly unknown[]])[] {
  return listOf(reply).map((entry) => {
    const [id, fields] = listOf(entry);
    return [String(id), listOf(fields)] as const;
  });
}

function pairsIn(texts: readonly unknown[]): readonly (readonly [string, string])[] {
  return texts.flatMap((text, index) =>
    index % 2 === 0 ? [[String(text), String(texts[index + 1])] as const] : [],
  );
}

/** Whether a text from the network has the form of a key, as token-key.ts makes it. */
export function isTokenKey(text: string): boolean {
  return /^(?:jti|sha256):[0-9a-f]{64}$/.test(text);
}
