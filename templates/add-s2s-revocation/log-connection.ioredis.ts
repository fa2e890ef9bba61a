/** A Redis connection of its own: commands may block it, and fail at once while it is down. */
export interface LogConnection {
  /** The reply as Redis writes it: texts, and lists of them. */
  send(command: readonly string[]): Promise<unknown>;
  /** Gives up a connection that does not answer. */
  reconnect(): void;
}

/** The part of an ioredis client that is used. */
interface RedisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
  disconnect(reconnect: boolean): void;
}

/** Speaks to Redis over that client. */
export function logConnection(client: RedisClient): LogConnection {
  return {
    send: ([command = '', ...args]) => client.call(command, ...args),
    reconnect: () => {
      client.disconnect(true);
    },
  };
}
