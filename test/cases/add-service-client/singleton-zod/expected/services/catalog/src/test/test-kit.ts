import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that was read to its end. */
export type Received = IncomingMessage & { readonly body: string };

export type Answer = (response: ServerResponse, request: Received) => void;

export function json(status: number, data: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(data));
  };
}

export const silence: Answer = () => undefined;
export const hangUp: Answer = (response) => {
  response.socket?.destroy();
};

/** A real HTTP server in place of a service: it gives its answers in turn, and the last one from then on. */
export class StubServer {
  readonly received: Received[] = [];
  origin = '';
  #answers: Answer[] = [];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = Object.assign(request, { body: Buffer.concat(chunks).toString('utf8') });
      this.received.push(received);
      const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
      answer?.(response, received);
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Sets the answers and forgets the requests before. */
  answer(...answers: Answer[]): void {
    this.#answers = answers;
    this.received.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
