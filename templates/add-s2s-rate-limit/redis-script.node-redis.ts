import { createHash } from 'node:crypto';

interface ScriptArguments {
  keys: string[];
  arguments: string[];
}

/** The part of a node-redis client that is used. */
export interface RedisClient {
  eval(script: string, options: ScriptArguments): Promise<unknown>;
  evalSha(sha: string, options: ScriptArguments): Promise<unknown>;
}

/** Runs a script on one key. */
export type RedisScript = (key: string, args: readonly string[]) => Promise<unknown>;

/** A Lua script that is sent by its hash, and as text to a Redis that does not know it yet or was restarted. */
export function createScript(client: RedisClient, script: string): RedisScript {
  const sha = createHash('sha1').update(script).digest('hex');
  return async (key, args) => {
    const options = { keys: [key], arguments: [...args] };
    try {
      return await client.evalSha(sha, options);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.eval(script, options);
    }
  };
}
