/** No manifest or configuration that somebody writes has more. */
export const maxJsonChars = 1_000_000;
export const maxJsonDepth = 100;

/** Whether a JSON text, comments or not, is short and flat enough for parsers that recurse. */
export function isShallow(text: string): boolean {
  if (text.length > maxJsonChars) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at) | 0x20;
    // `[` and `{` differ in that bit alone, as `]` and `}` do.
    if (sign === 0x7b) depth += 1;
    if (depth > maxJsonDepth) return false;
    if (sign === 0x7d) depth -= 1;
  }
  return true;
}
