/** A Redis connection of its own: commands may block it, and fail at once while it is down. */
export interface LogConnection {
  /** The reply as Redis writes it: texts, and lists of them. */
  send(command: readonly string[]): Promise<unknown>;
  /** Gives up a connection that does not answer. */
  reconnect(): void;
}

/** The part of a node-redis client that is used. */
interface RedisClient {
  sendCommand(command: string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** Speaks to Redis over that client. */
export function logConnection(client: RedisClient): LogConnection {
  return {
    send: (command) => client.sendCommand([...command]),
    reconnect: () => {
      client
        .disconnect()
        .then(() => client.connect())
        // The next command fails, and tries it again.
        .catch(() => undefined);
    },
  };
}
