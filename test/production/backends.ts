import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = { 'content-type': 'application/json' };

/** An endpoint at an address of loopback that answers as a test wants it to. */
export class Backend {
  answer: Answer = healthy;
  served = 0;
  readonly address: string;
  port = 0;
  #server: Server | undefined;

  constructor(address: string) {
    this.address = address;
  }

  /** On the port given, or a free one. */
  async start(port = this.port): Promise<this> {
    const server = createServer((request, response) => {
      this.served += 1;
      request.resume().on('end', () => {
        this.answer(request, response);
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, this.address, resolve);
    });
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  /** At once, whatever is under way. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
}

/** A millisecond or three of work. */
export const healthy: Answer = (_request, response) => {
  setTimeout(() => response.writeHead(200, json).end('{"ok":true}'), 1 + Math.random() * 2);
};
export const slow: Answer = (_request, response) => {
  setTimeout(() => response.writeHead(200, json).end('{"ok":true}'), 50);
};
export const failing: Answer = (_request, response) => {
  response.writeHead(500, json).end('{"error":"no"}');
};
export const garbage: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
};
export const silent: Answer = () => undefined;
