import { ServiceClientError } from '../add-service-client/service-client.ts';

/** As much of what `fetch` gives as code reads that called by it before. */
export type FetchAnswer<T> =
  | { readonly ok: true; readonly status: number; json(): Promise<T> }
  | { readonly ok: false; readonly status: number; json(): Promise<unknown> };

/**
 * Waits for a typed call the way that `fetch` does: an answer other than 2xx is no error, and no answer is a TypeError.
 * The status of any 2xx is 200. Code that catches ServiceClientErrors itself does without it.
 */
export async function answerOf<T>(call: Promise<T>): Promise<FetchAnswer<T>> {
  try {
    const data = await call;
    return { ok: true, status: 200, json: () => Promise.resolve(data) };
  } catch (error) {
    if (!(error instanceof ServiceClientError)) throw error;
    const { body, kind, status = 0 } = error;
    if (kind === 'http') return { ok: false, status, json: () => Promise.resolve(body) };
    if (kind === 'invalid_response') return { ok: true, status: 200, json: () => Promise.reject(error) };
    throw Object.assign(new TypeError('fetch failed'), { cause: error.cause ?? error });
  }
}
