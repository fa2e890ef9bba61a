import { createHash } from 'node:crypto';

import { withUnixLineEndings } from '../model/line-endings.ts';

/** SHA-256 of a text's UTF-8 bytes, in hex. Line endings do not count: git may check out CRLF where LF is committed. */
export function hashText(text: string): string {
  return createHash('sha256').update(withUnixLineEndings(text), 'utf8').digest('hex');
}

/** SHA-256 of bytes, in hex. */
export function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
