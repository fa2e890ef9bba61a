import { createHmac, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';

import { knownKeys, signingKey } from './journal-key.ts';

/** `s2s-journal <HMAC-SHA256 in hex>`, then the JSON that it is of. */
const head = /^s2s-journal ([0-9a-f]{64})\n/;
const headBytes = 's2s-journal '.length + 64 + 1;
/** A plan of hundreds of services has a few; more is not read, and so not written either. */
const maxBytes = 64_000_000;

/**
 * A lock or journal of this user for the repository at `root`, which is real.
 * @throws Error when it is too long to be read again
 */
export function sealed(root: string, content: object): Buffer {
  const body = Buffer.from(JSON.stringify({ ...content, root }));
  if (headBytes + body.length > maxBytes) throw new Error('the journal of this run exceeds the maximum size');
  return Buffer.concat([Buffer.from(`s2s-journal ${macOf(body, signingKey(root)).toString('hex')}\n`), body]);
}

/**
 * What a file at `path` holds that this user's tool wrote on this machine for this very root: anybody may put a file of
 * that name into a repository. Undefined when there is none. Nothing of it is parsed before it is known to be ours.
 * @throws Error with the reason
 */
export function unsealed(root: string, path: string): unknown {
  const bytes = readPlain(path);
  if (bytes === undefined) return undefined;
  const signed = head.exec(bytes.subarray(0, headBytes).toString('latin1'))?.[1];
  if (signed === undefined) throw new Error('it is not signed');
  const [mac, body] = [Buffer.from(signed, 'hex'), bytes.subarray(headBytes)];
  if (!knownKeys(root).some((key) => timingSafeEqual(mac, macOf(body, key))))
    throw new Error('it was not signed by a run of this user on this machine');
  const content = JSON.parse(body.toString('utf8')) as Readonly<{ root: unknown }>;
  if (content.root !== root) throw new Error(`it belongs to a run in ${JSON.stringify(content.root)}`);
  return content;
}

function macOf(body: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

/** No link, pipe or device, and no more than anybody writes. */
function readPlain(path: string): Buffer | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  // Opening a pipe would wait for who writes into it.
  if (!found.isFile()) throw new Error('it is not a regular file');
  const file = openPlain(path);
  if (file === undefined) return undefined;
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) throw new Error('it is too long');
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (let read = 1; read > 0 && length < size; length += read)
      read = readSync(file, bytes, length, size - length, length);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Undefined when it went since it was seen. */
function openPlain(path: string): number | undefined {
  try {
    // Windows has neither of these flags.
    return openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
