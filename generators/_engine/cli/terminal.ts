import { hasCode } from '../repo/disk.ts';

/** What a process can tell of its terminal. */
interface Terminal {
  readonly stdin: Readonly<{ isTTY?: boolean }>;
  readonly stdout: Readonly<{ isTTY?: boolean }>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Somebody can be asked: both ends are a terminal, and it is not that of a CI run. */
export function isInteractive({ env, stdin, stdout }: Terminal): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && !isSet(env['CI']);
}

/** NO_COLOR wins over FORCE_COLOR, and that over what standard output is: a pipe gets none, also in CI. */
export function hasColour({ env, stdout }: Terminal): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}

/** A reader that has seen enough (`| head`) closes the pipe: no failure of a run that has already applied its plan. */
export function tolerateClosedPipe(...streams: readonly NodeJS.WritableStream[]): void {
  for (const stream of streams)
    stream.on('error', (error) => {
      if (!hasCode(error, 'EPIPE')) throw error;
    });
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

/**
 * A text that comes from a repository, as a terminal may get it: what would move the cursor, colour or hide something is
 * shown as an escape. Line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(hidden, (sign) =>
    sign <= '\u{FF}'
      ? `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`
      : `\\u${sign.charCodeAt(0).toString(16)}`,
  );
}

/** Control characters, and signs that turn the direction of reading. */
// eslint-disable-next-line no-control-regex -- these are what must not be printed
const hidden = /(?!\r\n|[\n\t])[\0-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

/** Every text of a value likewise; keys are ours. */
export function allPrintable<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => allPrintable(one)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, allPrintable<unknown>(one)]),
  ) as T;
}
