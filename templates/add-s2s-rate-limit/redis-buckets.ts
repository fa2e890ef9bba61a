import { createScript, type RedisClient } from './redis-script.ioredis.ts';
import { type Quota, type Take, type TokenBuckets, tokenMs } from './token-bucket.ts';

/**
 * The algorithm of the buckets in memory as one atomic step, by the clock of Redis: instances whose clocks differ agree,
 * and no token is taken twice. KEYS: the bucket. ARGV: max, timeWindow, 1 to take a token or -1 to give it back.
 * Returns retryAfterMs, remaining, resetMs. Requires Redis 5. A clock that is set back delays a bucket by `timeWindow` at most.
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

/** Buckets in Redis, which all instances share. Rejects within 50 ms when Redis does not answer. */
export function createRedisBuckets(client: RedisClient, prefix: string): TokenBuckets {
  const script = createScript(client, MOVE_TOKEN);
  const move = async (key: string, quota: Quota, tokens: 1 | -1): Promise<Take> => {
    tokenMs(quota);
    const args = [quota.max, quota.timeWindow, tokens].map(String);
    const answer = await inTime(script(prefix + key, args));
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

/** Milliseconds; a command has two of them. */
const TICK_MS = 25;

/**
 * The answer to a command; rejects when there is none after two ticks. Time in which the process stood still counts as
 * one tick at most: before a tick ends, the event loop reads what has arrived meanwhile.
 */
function inTime<T>(command: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const tick = (next: () => void): void => {
      timer = setTimeout(() => setImmediate(next), TICK_MS);
    };
    tick(() => {
      if (timer !== undefined)
        tick(() => {
          reject(new Error('Redis did not answer in time'));
        });
    });
    const settled = (): void => {
      clearTimeout(timer);
      timer = undefined;
    };
    command.then(resolve, reject).finally(settled);
  });
}

const ASK_AGAIN_MS = 250;

/**
 * Buckets of `shared`, and of `own` from a failure of `shared` until it answers again: one request in 250 ms asks it, so
 * that an outage delays no others. `own` continues from the last answer of `shared`, so an outage grants no new burst.
 * `onFailure` is called once for each outage.
 */
export function withFallback(
  shared: TokenBuckets,
  own: TokenBuckets,
  onFailure: (error: unknown) => void,
  clock: () => number = () => performance.now(),
): TokenBuckets {
  let isDown = false;
  let askAgainAt = -Number.POSITIVE_INFINITY;
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
