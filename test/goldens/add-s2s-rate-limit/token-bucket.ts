import { createHash } from 'node:crypto';

/** A bucket of `max` tokens that fills up again in `timeWindow`: each request takes one. */
export interface Quota {
  /** Requests that may come at once; above 0. */
  max: number;
  /** Milliseconds in which an empty bucket is full again, so that `max / timeWindow` is the rate that lasts. */
  timeWindow: number;
}

/** What became of one request for a token. */
export interface Take {
  /** Milliseconds until there is a token again; 0: one was taken. */
  retryAfterMs: number;
  /** Tokens that are left. */
  remaining: number;
  /** Milliseconds until the bucket is full. */
  resetMs: number;
}

export interface TokenBuckets {
  /** Takes a token from the bucket of that key, if there is one. Rejects when that cannot be told. */
  take(key: string, quota: Quota): Take | Promise<Take>;
  /** Puts a token back that was taken from that bucket. */
  give(key: string, quota: Quota): void | Promise<void>;
}

/** Buckets that can stand in for others. */
export interface MemoryBuckets extends TokenBuckets {
  /** What became of a request elsewhere: the bucket is full in so many milliseconds. */
  follow(key: string, resetMs: number): void;
}

export interface MemoryBucketsOptions {
  /** Buckets that are kept at a time; of more, those that were used least lately are full again. Default 10 000. */
  maxBuckets?: number;
  /** Milliseconds, monotonic. Default `performance.now`. */
  clock?: () => number;
}

/**
 * The milliseconds that it takes for one token to come.
 * @throws RangeError when the quota makes no sense
 */
export function tokenMs({ max, timeWindow }: Quota): number {
  const interval = timeWindow / max;
  if (max >= 1 && timeWindow > 0 && Number.isFinite(interval)) return interval;
  throw new RangeError(`A quota of ${String(max)} in ${String(timeWindow)} ms makes no sense`);
}

/**
 * Buckets in the memory of this process: each instance of the service has its own.
 *
 * This is the generic cell rate algorithm (GCRA, ITU-T I.371; Brandur Leach, "Rate Limiting, Cells, and GCRA", 2015).
 * All that is known of a bucket is when it will be full: each token taken makes that later by the time of one token,
 * and when it would be more than `timeWindow` away, there is none.
 */
export function createMemoryBuckets(options: MemoryBucketsOptions = {}): MemoryBuckets {
  const { maxBuckets = 10_000, clock = () => performance.now() } = options;
  const fullTimes = new Map<string, number>();
  const keep = (key: string, fullAt: number): void => {
    fullTimes.delete(key);
    fullTimes.set(key, fullAt);
    const [oldest] = fullTimes.keys();
    if (fullTimes.size > maxBuckets && oldest !== undefined) fullTimes.delete(oldest);
  };
  return {
    take(key, quota) {
      const interval = tokenMs(quota);
      const now = clock();
      const fullAt = Math.max(fullTimes.get(key) ?? now, now);
      const next = fullAt + interval;
      const retryAfterMs = Math.floor(next - quota.timeWindow - now);
      if (retryAfterMs > 0) return { retryAfterMs, remaining: 0, resetMs: Math.ceil(fullAt - now) };

      keep(key, next);
      const remaining = Math.max(0, Math.floor((quota.timeWindow - (next - now)) / interval));
      return { retryAfterMs: 0, remaining, resetMs: Math.ceil(next - now) };
    },
    give(key, quota) {
      const fullAt = (fullTimes.get(key) ?? 0) - tokenMs(quota);
      if (fullAt > clock()) keep(key, fullAt);
      else fullTimes.delete(key);
    },
    follow(key, resetMs) {
      keep(key, clock() + resetMs);
    },
  };
}

/**
 * The same in Redis, in one step, by the clock of Redis: instances whose clocks differ agree, and none can take a
 * token that another has taken. KEYS: the bucket. ARGV: max, timeWindow, 1 to take a token or -1 to give it back.
 * Returns retryAfterMs, remaining, resetMs. Needs Redis 5 or later. A clock that is set back empties no bucket for longer than its own time.
 */
const MOVE_TOKEN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local max, window, tokens = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local interval = window / max
local fullAt = tonumber(redis.call('GET', KEYS[1]) or now)
fullAt = math.min(math.max(fullAt, now), now + window)
local next = fullAt + interval * tokens
local wait = math.floor(next - window - now)
if wait > 0 then
  return {wait, 0, math.ceil(fullAt - now)}
end
if next <= now then
  redis.call('DEL', KEYS[1])
  return {0, max, 0}
end
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', math.ceil(next - now))
return {0, math.max(0, math.floor((window - (next - now)) / interval)), math.ceil(next - now)}
`;
const MOVE_TOKEN_SHA = createHash('sha1').update(MOVE_TOKEN).digest('hex');

/** The part of an ioredis client that is used. */
export interface RedisClient {
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** How to duplicate a Redis client for the buckets: without a connection a command fails at once. */
export const FAIL_FAST = {
  lazyConnect: false,
  connectTimeout: 1_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} as const;

/** Buckets in Redis, which all instances share. Rejects within 100 ms when Redis does not answer. */
export function createRedisBuckets(client: RedisClient, prefix: string): TokenBuckets {
  const move = async (key: string, quota: Quota, tokens: 1 | -1): Promise<Take> => {
    tokenMs(quota);
    const args = [String(quota.max), String(quota.timeWindow), String(tokens)];
    const run = inTime(client.evalsha(MOVE_TOKEN_SHA, 1, prefix + key, ...args));
    const answer = await run.catch((error: unknown) => {
      if (!isUnknownScript(error)) throw error;
      return inTime(client.eval(MOVE_TOKEN, 1, prefix + key, ...args));
    });
    const [retryAfterMs = 0, remaining = 0, resetMs = 0] = answer as number[];
    return { retryAfterMs, remaining, resetMs };
  };
  return {
    take: (key, quota) => move(key, quota, 1),
    async give(key, quota) {
      await move(key, quota, -1);
    },
  };
}

/** A Redis that was started anew has forgotten it. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** Milliseconds; two of them are what a command has. */
const TICK_MS = 25;

/**
 * The answer to a command; rejects when there is none after two ticks, and after each further one unless `mayWait`. Only
 * what the event loop has come round to counts: before a tick ends, what has arrived meanwhile is read, and a process
 * that stood still has lost one tick, however long that was.
 */
function inTime<T>(command: Promise<T>, mayWait = (): boolean => false): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let ticks = 0;
    const wait = (): void => {
      timer = setTimeout(() => setImmediate(endTick), TICK_MS);
    };
    const endTick = (): void => {
      ticks += 1;
      if (timer !== undefined && (ticks < 2 || mayWait())) wait();
      else reject(new Error('Redis did not answer in time'));
    };
    const settled = (): void => {
      clearTimeout(timer);
      timer = undefined;
    };
    wait();
    command.then(resolve, reject).finally(settled);
  });
}

const ASK_AGAIN_MS = 250;

/**
 * Asks `own` where `shared` has failed, and from then on, until one request, four times a second, finds it back: a
 * Redis that is down costs nobody else its timeout. `own` goes on from what `shared` has said last, so an outage gives
 * no new burst. `onFailure` is called when one begins.
 */
export function withFallback(
  shared: TokenBuckets,
  own: TokenBuckets & Partial<MemoryBuckets>,
  onFailure: (error: unknown) => void,
  clock: () => number = () => performance.now(),
): TokenBuckets {
  let isDown = false;
  let askAgainAt = -Infinity;
  return {
    async take(key, quota) {
      if (isDown) {
        if (clock() < askAgainAt) return own.take(key, quota);
        askAgainAt = clock() + ASK_AGAIN_MS;
      }
      try {
        const take = await shared.take(key, quota);
        isDown = false;
        own.follow?.(key, take.resetMs);
        return take;
      } catch (error) {
        // Requests that were under way together fail together.
        if (!isDown) onFailure(error);
        isDown = true;
        askAgainAt = clock() + ASK_AGAIN_MS;
        return own.take(key, quota);
      }
    },
    give: (key, quota) => (isDown ? own : shared).give(key, quota),
  };
}
