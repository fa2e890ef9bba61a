/** What a registry said. */
export interface RegistryAnswer {
  headers: Headers;
  /** The parsed JSON: its type is the reader's word. */
  data: unknown;
}

/**
 * Asks a registry over HTTP. Redirects are not followed, since a token may stand in the headers.
 * @throws Error when it does not answer with JSON and a status of 2xx within `timeoutMs`, or `signal` ends it
 */
export async function requestRegistry(
  url: URL,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<RegistryAnswer> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new Error(`${url.host} did not answer in time`));
  };
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(abort, timeoutMs).unref();
  try {
    const accept = { accept: 'application/json', ...headers };
    const response = await fetch(url, { headers: accept, redirect: 'error', signal: controller.signal });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${url.host} answered ${String(response.status)}`);
    }
    return { headers: response.headers, data: await response.json() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
