import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** One request as it came in: enough to misbehave on. */
export interface RawRequest {
  readonly socket: Socket;
  /** From 0, over all connections of the server. */
  readonly index: number;
  readonly head: string;
}

export type Misbehaviour = (request: RawRequest) => void;

/** A TCP server that answers HTTP as badly as it is told to. */
export interface RawServer {
  readonly origin: string;
  readonly port: number;
  /** The heads of the requests that came in. */
  readonly heads: readonly string[];
  /** Connections with a request that are open now: undici may open one more to have it ready. */
  openSockets(): number;
  close(): Promise<void>;
}

export async function startRawServer(
  onRequest: Misbehaviour,
  onConnect?: (socket: Socket) => void,
): Promise<RawServer> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const asked = new WeakSet<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    onConnect?.(socket);
    socket.on('data', (chunk) => {
      const head = chunk.toString('latin1');
      if (!/^[A-Z]+ \S+ HTTP\/1\.1\r\n/u.test(head)) return;
      heads.push(head);
      asked.add(socket);
      onRequest({ socket, index: heads.length - 1, head });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    port,
    heads,
    openSockets: () => [...sockets].filter((socket) => asked.has(socket)).length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A whole answer with a JSON body, or with another one. */
export function answer(
  { socket }: RawRequest,
  status: number,
  body = '{"ok":true}',
  headers: Readonly<Record<string, string>> = {},
): void {
  const all = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${String(status)} Some Reason\r\n${lines.join('')}\r\n${body}`);
}
