import type { CallDeadline } from './call-deadline.ts';
import type { ServiceRequest } from './service-request.ts';

export interface HttpResponse {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
}

/** Exchanges with one origin by the global fetch. */
export class HttpTransport {
  readonly #origin: string;
  readonly #maxResponseBytes: number;

  constructor(origin: string, maxResponseBytes: number) {
    this.#origin = origin;
    this.#maxResponseBytes = maxResponseBytes;
  }

  /** Sends one request and reads its whole answer; rejects when the deadline is cancelled. */
  async send(
    { method, path, headers }: ServiceRequest,
    body: string | null,
    deadline: CallDeadline,
  ): Promise<HttpResponse> {
    const controller = new AbortController();
    const { signal } = controller;
    deadline.onCancel((error) => {
      controller.abort(error);
    });
    const response = await fetch(this.#origin + path, { method, headers, body, redirect: 'manual', signal });
    const text = await this.#read(response, deadline);
    const received: Record<string, string> = {};
    // Not every set of types lets `Headers` be iterated: those of the DOM have that apart.
    response.headers.forEach((value, name) => {
      received[name] = value;
    });
    return { status: response.status, headers: received, text };
  }

  /** Nothing to do: the connections belong to the process. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #read(response: Response, deadline: CallDeadline): Promise<string> {
    const check = (bytes: number): void => {
      if (bytes <= this.#maxResponseBytes) return;
      deadline.cancel('invalid_response');
      // A body that has arrived is read no further by itself: its reader would wait for ever.
      throw new Error('The answer is too large');
    };
    let bytes = 0;
    check(Number(response.headers.get('content-length')));
    const chunks: Uint8Array[] = [];
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      const chunk = part.value as Uint8Array;
      bytes += chunk.byteLength;
      check(bytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}
