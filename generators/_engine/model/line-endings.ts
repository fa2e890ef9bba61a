/** A text with the line endings of another; as it is where that has none, or both kinds: git may check out CRLF for LF. */
export function withLineEndingsOf(other: string, text: string): string {
  const unix = withUnixLineEndings(text);
  const crlf = other.split('\r\n').length - 1;
  const all = other.split('\n').length - 1;
  if (all === 0 || (crlf > 0 && crlf < all)) return text;
  return crlf === 0 ? unix : unix.replaceAll('\n', '\r\n');
}

/** A text with LF for each CRLF. */
export function withUnixLineEndings(text: string): string {
  return text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text;
}
