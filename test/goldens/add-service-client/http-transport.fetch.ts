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
  headers: Record<string, string | undefined>;
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

/** Exchanges with one origin by the global fetch. */
export class HttpTransport {
  readonly #origin: string;
  readonly #maxResponseBytes: number;

  constructor(origin: string, maxResponseBytes: number) {
    this.#origin = origin;
    this.#maxResponseBytes = maxResponseBytes;
  }

  /** Sends one request and reads its whole answer. @throws TransportError */
  async send(request: HttpRequest, deadline: CallDeadline): Promise<HttpResponse> {
    if (deadline.reason !== undefined) throw new TransportError(deadline.reason);
    const controller = new AbortController();
    deadline.onCancel = (reason) => {
      controller.abort(new TransportError(reason));
    };
    try {
      const response = await fetch(this.#origin + request.path, {
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        redirect: 'manual',
        signal: controller.signal,
      });
      const text = await this.#read(response, controller);
      const headers: Record<string, string> = {};
      // Not every set of types lets `Headers` be iterated: those of the DOM have that apart.
      response.headers.forEach((value, name) => {
        headers[name] = value;
      });
      return { status: response.status, headers, text };
    } catch (error) {
      throw error instanceof TransportError ? error : new TransportError('network', error);
    }
  }

  /** Nothing to do: the connections belong to the process. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #read(response: Response, controller: AbortController): Promise<string> {
    if (Number(response.headers.get('content-length')) > this.#maxResponseBytes) throw tooLarge(controller);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      const chunk = part.value as Uint8Array;
      bytes += chunk.byteLength;
      chunks.push(chunk);
      if (bytes > this.#maxResponseBytes) throw tooLarge(controller);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

/** Gives up on an answer, connection and all. */
function tooLarge(controller: AbortController): TransportError {
  const error = new TransportError('too_large');
  controller.abort(error);
  return error;
}
