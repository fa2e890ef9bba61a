import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

import type { CallDeadline, CancelReason } from './call-deadline.js';

export interface HttpRequest {
  method: 'GET' | 'DELETE' | 'POST' | 'PUT' | 'PATCH';
  /** Absolute path with query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** The exchange failed before there was a whole answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: CancelReason | 'network' | 'too_large';
  readonly reason: unknown;

  constructor(kind: CancelReason | 'network' | 'too_large', reason?: unknown) {
    super(kind);
    this.kind = kind;
    this.reason = reason;
  }
}

/** A lost packet is sent again after a second; who has not answered by now is not there, and nothing was sent to it. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Exchanges with one origin over kept-alive connections. */
export class HttpTransport {
  readonly #pool: Pool;
  readonly #maxResponseBytes: number;

  constructor(origin: string, maxResponseBytes: number) {
    // Time is bounded by each call's own deadline, which covers connecting, waiting and reading.
    this.#pool = new Pool(origin, {
      connections: 128,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#maxResponseBytes = maxResponseBytes;
  }

  /** Sends one request and reads its whole answer. @throws TransportError */
  send(request: HttpRequest, deadline: CallDeadline): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(this.#maxResponseBytes, resolve, reject);
      if (deadline.reason !== undefined) {
        exchange.cancel(deadline.reason);
        return;
      }
      deadline.onCancel = (reason) => {
        exchange.cancel(reason);
      };
      const { method, path, headers, body } = request;
      this.#pool.dispatch({ method, path, headers, body: body ?? null }, exchange);
    });
  }

  /** Closes the connections, also those of a peer that never lets go; exchanges in flight fail. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** Collects one answer below undici's request(), which would cost an AbortSignal and a stream a call. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: TransportError) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #failure: TransportError | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    maxBytes: number,
    resolve: (response: HttpResponse) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Settles at once and closes the socket; a request that still waits for one is dropped when it gets one. */
  cancel(reason: CancelReason): void {
    this.#fail(new TransportError(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) controller.abort(this.#failure);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (Number(headers['content-length']) > this.#maxBytes) this.#fail(new TransportError('too_large'));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.#fail(new TransportError('too_large'));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [only] = this.#chunks;
    const body = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, text: body.toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#reject(this.#failure ?? new TransportError('network', error));
  }

  #fail(failure: TransportError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#chunks = [];
    this.#reject(failure);
    this.#controller?.abort(failure);
  }
}
