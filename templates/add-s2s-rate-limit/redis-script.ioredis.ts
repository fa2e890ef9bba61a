import { createHash } from 'node:crypto';

/** The part of an ioredis client that is used. */
export interface RedisClient {
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** Runs a script on one key. */
export type RedisScript = (key: string, args: readonly string[]) => Promise<unknown>;

/** A Lua script that is sent by its hash, and as text to a Redis that does not know it yet or was restarted. */
export function createScript(client: RedisClient, script: string): RedisScript {
  const sha = createHash('sha1').update(script).digest('hex');
  return async (key, args) => {
    try {
      return await client.evalsha(sha, 1, key, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.eval(script, 1, key, ...args);
    }
  };
}
