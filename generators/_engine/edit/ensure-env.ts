import type { TextChange } from '../model/text-change.ts';
import type { EnvWant } from '../model/wants.ts';
import { insertion } from './text-lines.ts';

/** Adds `NAME=value`, or `# NAME=` for an empty value, at the end of a `.env` example. [] when the name is there, also when commented out. */
export function ensureEnv(base: string, want: EnvWant): readonly TextChange[] {
  const isThere = base
    .split(/\r?\n/)
    .some((line) => /^[\s#]*(?:export\s+)?([\w.-]+)\s*=/.exec(line)?.[1] === want.name);
  if (isThere) return [];
  const eol = /\r?\n/.exec(base)?.[0] ?? '\n';
  // An empty value is one too: the service would read it.
  const variable = want.value === '' ? `# ${want.name}=` : assignment(base, want);
  const lines = [...(want.comment === undefined ? [] : [`# ${want.comment}`]), variable];
  const text = lines.join(eol);
  // Below a group with a comment of its own it would look as if it belonged to it.
  const gap = /(?:^|\n)#[^\n]*\n[^\n]+\n?$/.test(base) ? eol : '';
  if (base === '' || base.endsWith('\n')) return [insertion(base.length, gap + text + eol)];
  return [insertion(base.length, eol + gap + text)];
}

/** With spaces and quotes where all the others have them. */
function assignment(base: string, { name, value }: EnvWant): string {
  const others = [...base.matchAll(/^[ \t]*\w+([ \t]*=[ \t]*)(\S.*)$/gm)];
  const areAll = (isOne: (sign: string, value: string) => boolean): boolean =>
    others.length > 1 && others.every(([, sign = '', text = '']) => isOne(sign, text));
  const sign = areAll((one) => /^[ \t]=[ \t]$/.test(one)) ? ' = ' : '=';
  const quote = ['"', "'"].find((mark) => areAll((_, text) => text.startsWith(mark))) ?? '';
  return `${name}${sign}${quote}${value}${quote}`;
}
