import type { EnvWant, TextChange } from '../contract.ts';
import { insertion } from './text-lines.ts';

/** Adds `NAME=value` at the end of a `.env` example. [] when the name is there, also when commented out. */
export function ensureEnv(base: string, want: EnvWant): readonly TextChange[] {
  const isThere = base
    .split(/\r?\n/)
    .some((line) => /^[\s#]*(?:export\s+)?([\w.-]+)\s*=/.exec(line)?.[1] === want.name);
  if (isThere) return [];
  const eol = /\r?\n/.exec(base)?.[0] ?? '\n';
  const lines = [...(want.comment === undefined ? [] : [`# ${want.comment}`]), `${want.name}=${want.value}`];
  const text = lines.join(eol);
  if (base === '' || base.endsWith('\n')) return [insertion(base.length, text + eol)];
  return [insertion(base.length, eol + text)];
}
