/** What a registry said. */
export interface RegistryAnswer {
  headers: Headers;
  /** The parsed JSON: its type is the reader's word. */
  data: unknown;
}

/** Bytes: thousands of instances. */
const MAX_ANSWER_BYTES = 1_048_576;
/** Milliseconds for the rest of an answer that has begun. */
const MAX_READING_MS = 5_000;
/** What registries say is five deep; to parse what is a million deep would stop everything else. */
const MAX_DEPTH = 32;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT, QUOTE, BACKSLASH] = [91, 93, 123, 125, 34, 92];

/**
 * Asks a registry over HTTP. Redirects are not followed, since a token may stand in the headers.
 * @throws Error when it does not answer with JSON of at most 1 MiB and a status of 2xx within `timeoutMs`, or `signal`
 * ends it
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
  let timer = setTimeout(abort, timeoutMs).unref();
  try {
    const accept = { accept: 'application/json', 'accept-encoding': 'identity', ...headers };
    const response = await fetch(url, { headers: accept, redirect: 'error', signal: controller.signal });
    clearTimeout(timer);
    timer = setTimeout(abort, Math.min(timeoutMs, MAX_READING_MS)).unref();
    if (!response.ok) throw new Error(`${url.host} answered ${String(response.status)}`);
    const text = await readText(response, url.host);
    assertShallow(text, url.host);
    return { headers: response.headers, data: JSON.parse(text) };
  } catch (error) {
    // Closes the connection of an answer that has no end.
    controller.abort(error);
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** @throws Error when it is too large */
async function readText({ body }: Response, host: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    const chunk = part.value as Uint8Array;
    bytes += chunk.byteLength;
    chunks.push(chunk);
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`${host} answered too much`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws Error when brackets are nested too deep */
function assertShallow(text: string, host: string): void {
  let depth = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) index += code === BACKSLASH ? 1 : 0;
    else if (code === OPEN_LIST || code === OPEN_OBJECT) depth += 1;
    else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth -= 1;
    if (depth > MAX_DEPTH) throw new Error(`${host} answered what is nested too deep`);
  }
}

/** What `read` makes of each entry of a list, and how many it could make nothing of: what is in them is not checked. */
export function readEntries<Entry, Result>(
  list: unknown,
  read: (entry: Entry) => readonly (Result | undefined)[],
): { found: Result[]; unusable: number } {
  if (!Array.isArray(list)) throw new Error('The registry answered no list');
  const found: Result[] = [];
  let unusable = 0;
  for (const entry of list as readonly Entry[]) {
    try {
      for (const one of read(entry)) {
        if (one === undefined) unusable += 1;
        else found.push(one);
      }
    } catch {
      unusable += 1;
    }
  }
  return { found, unusable };
}
