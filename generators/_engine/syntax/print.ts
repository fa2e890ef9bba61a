import type { Style } from '../model/code-facts.ts';

/*
 * The one way from a name or value of a repository, or of a flag, into text that is generated: a function for each
 * place that it can stand in. None of them lets what it prints end that place.
 */

/** Breaks a line, is not seen, or turns the direction of what is read: control and format characters, lone surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]|\p{Cs}/gu;
const identifier = /^[A-Za-z_$][\w$]*$/;

/** `\n`, `\r`, `\t`, `\u2028`, `\u{e0001}` */
function escaped(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return short ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`);
}

/** Whether a text is a plain identifier, as a member or a variable has it. */
export function isIdentifier(text: string): boolean {
  return identifier.test(text);
}

/** A string literal in the wanted quotes, or in the others when they save escapes. */
export function printString(value: string, quote: Style['quote'] = "'"): string {
  return quoteBody(value.replaceAll('\\', '\\\\').replace(unprintable, escaped), quote);
}

/** String literals, comma-separated, as an array or a call has them. */
export function printStrings(values: readonly string[], quote?: Style['quote']): string {
  return values.map((value) => printString(value, quote)).join(', ');
}

/** The content of a string literal between existing quotes. */
export function printInString(value: string, quote: Style['quote']): string {
  const text = value.replaceAll('\\', '\\\\').replace(unprintable, escaped);
  return text.replaceAll(quote, `\\${quote}`);
}

/** Text of a template literal, outside of its holes. */
export function printInTemplate(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(unprintable, escaped)
    .replace(/`|\$(?=\{|$)/g, '\\$&');
}

/** Text of a comment, of one line or many. */
export function printInComment(value: string): string {
  return value.replace(unprintable, escaped).replaceAll('*/', '*\\/');
}

/** The key of an object literal or of a type. */
export function printKey(name: string): string {
  if (name === '__proto__') return "['__proto__']";
  return isIdentifier(name) ? name : printString(name);
}

/** Reads a member: `app.redis`, `app['my-redis']`. */
export function printMember(receiver: string, name: string): string {
  return isIdentifier(name) ? `${receiver}.${name}` : `${receiver}[${printString(name)}]`;
}

/** A pattern that finds a name, but not as a part of a longer one. */
export function patternOfName(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${escapePattern(name)}(?![\\w$])`);
}

/** A text as a regular expression that matches it and nothing else. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** `body` is what stands between the quotes, escapes and all. Prettier's rule: the quote with fewer escapes wins. */
export function quoteBody(body: string, preferred: Style['quote']): string {
  const alternate = preferred === "'" ? '"' : "'";
  const count = (quote: string): number => body.split(quote).length - 1;
  const quote = count(preferred) > count(alternate) ? alternate : preferred;
  const inside = body.replace(/\\(.)|(["'])/gs, (all: string, escapedSign?: string, bare?: string) => {
    if (bare !== undefined) return bare === quote ? `\\${bare}` : bare;
    return (escapedSign === '"' || escapedSign === "'") && escapedSign !== quote ? escapedSign : all;
  });
  return quote + inside + quote;
}
