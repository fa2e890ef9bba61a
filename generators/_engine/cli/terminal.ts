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

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
