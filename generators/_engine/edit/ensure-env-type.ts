import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import type { EnvDeclarationWant } from '../model/wants.ts';
import { findEnvType } from '../facts/config/config.ts';
import { parseSource, ts } from '../syntax/tree.ts';
import { eolAt, indentAt, insertion, lineEnd, sameLine } from './text-lines.ts';

/**
 * Adds a variable to the interface that types the environment by hand, last and written as its siblings are. [] when
 * it is there, and where there is no such interface.
 */
export function ensureEnvType(
  base: string,
  want: Pick<EnvDeclarationWant, 'name' | 'default'>,
  style: Style,
): readonly TextChange[] {
  const source = parseSource('env.ts', base);
  const type = findEnvType(source, () => true);
  const last = type?.members.at(-1);
  if (type === undefined || last === undefined) return [];
  if (type.members.some(({ name }) => name?.getText(source) === want.name)) return [];
  const separatorOf = (member: ts.TypeElement): string => /[;,]$/.exec(member.getText(source))?.[0] ?? '';
  const separator = separatorOf(last);
  const text = `${want.name}${want.default === undefined ? '?' : ''}: string${separator}`;
  if (sameLine(source, type.getEnd(), last.getEnd())) {
    const between = type.members.map(separatorOf).find((one) => one !== '') ?? ';';
    return [insertion(last.getEnd(), `${separator === '' ? between : ''} ${text}`)];
  }
  const comments = ts.getTrailingCommentRanges(base, last.getEnd());
  const end = lineEnd(base, comments?.at(-1)?.end ?? last.getEnd());
  return [insertion(end, `${eolAt(base, end, style.eol)}${indentAt(base, last.getStart(source))}${text}`)];
}
