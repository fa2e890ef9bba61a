import { createServer, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What the page is told; `at` is epoch milliseconds, `short` a mark in the plots. */
export type WatchEvent =
  | Readonly<{ type: 'start'; at: number; names: readonly string[] }>
  | Readonly<{ type: 'reply'; at: number; circuit: string; ms: number; status: number }>
  | Readonly<{ type: 'state'; at: number; circuit: string; from: string; to: string }>
  | Readonly<{ type: 'note'; at: number; text: string; short?: string }>
  | Readonly<{ type: 'end'; at: number }>;

const pages: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['page.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/plots.js': ['plots.js', 'text/javascript; charset=utf-8'],
};

/** Serves the page and what happens, as server-sent events: all of it from the start to whoever comes. */
export class WatchServer {
  readonly url: string;
  readonly #told: WatchEvent[] = [];
  readonly #viewers: Set<ServerResponse>;

  private constructor(url: string, viewers: Set<ServerResponse>, told: WatchEvent[]) {
    this.url = url;
    this.#viewers = viewers;
    this.#told = told;
  }

  /** On loopback, on a free port. */
  static async open(): Promise<WatchServer> {
    const viewers = new Set<ServerResponse>();
    const told: WatchEvent[] = [];
    const server = createServer((request, response) => {
      const page = pages[request.url ?? ''];
      if (page !== undefined) {
        const [file, type] = page;
        response.writeHead(200, { 'content-type': type }).end(readFileSync(join(import.meta.dirname, file)));
      } else if (request.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        response.write(`data: ${JSON.stringify({ type: 'hello', now: Date.now() })}\n\n`);
        for (const event of told) response.write(frameOf(event));
        viewers.add(response);
        response.once('close', () => viewers.delete(response));
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    return new WatchServer(`http://127.0.0.1:${String(port)}/`, viewers, told);
  }

  tell(event: WatchEvent): void {
    this.#told.push(event);
    for (const viewer of this.#viewers) viewer.write(frameOf(event));
  }
}

function frameOf(event: WatchEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
