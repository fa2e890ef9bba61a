import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import type { EnvDeclarationWant } from '../model/wants.ts';
import { findEnvType } from '../syntax/env-type.ts';
import { parseSource, ts, walk } from '../syntax/tree.ts';
import { eolAt, indentAt, insertion, lineEnd, sameLine } from './text-lines.ts';

type Variable = Pick<EnvDeclarationWant, 'name' | 'default'>;

/**
 * Adds a variable to the interface that types the environment by hand, last and written as its siblings are. [] when
 * it is there, and where there is no such interface.
 */
export function ensureEnvType(base: string, want: Variable, style: Style): readonly TextChange[] {
  const source = parseSource('env.ts', base);
  return appended(source, findEnvType(source, () => true)?.members, want, style);
}

/**
 * Adds a variable to the type that is written beside a JSON schema by hand, `interface FastifyInstance { config: {…} }`:
 * the one in the file that has most of the schema's variables. [] where there is none.
 */
export function ensureSchemaType(
  source: ts.SourceFile,
  schema: ts.ObjectLiteralExpression,
  want: Variable,
  style: Style,
): readonly TextChange[] {
  const variables = new Set(schema.properties.flatMap((each) => each.name?.getText(source) ?? []));
  let members: ts.NodeArray<ts.TypeElement> | undefined;
  walk(source, (node) => {
    if (!ts.isTypeLiteralNode(node) && !ts.isInterfaceDeclaration(node)) return undefined;
    const known = node.members.filter(
      ({ name }) => name !== undefined && variables.has(name.getText(source)),
    );
    if (known.length * 2 > variables.size) members = node.members;
    return undefined;
  });
  return appended(source, members, want, style);
}

function appended(
  source: ts.SourceFile,
  members: ts.NodeArray<ts.TypeElement> | undefined,
  want: Variable,
  style: Style,
): readonly TextChange[] {
  const [first] = members ?? [];
  const last = members?.at(-1);
  if (members === undefined || first === undefined || last === undefined) return [];
  if (members.some(({ name }) => name?.getText(source) === want.name)) return [];
  const markOf = (member: ts.TypeElement): string => /[;,]$/.exec(member.getText(source))?.[0] ?? '';
  const mark = markOf(last);
  const member = `${want.name}${want.default === undefined ? '?' : ''}: string${mark}`;
  const end = last.getEnd();
  if (sameLine(source, first.parent.getEnd(), end)) {
    const between = members.map(markOf).find((one) => one !== '') ?? ';';
    return [insertion(end, `${mark === '' ? between : ''} ${member}`)];
  }
  const comments = ts.getTrailingCommentRanges(source.text, end);
  const line = lineEnd(source.text, comments?.at(-1)?.end ?? end);
  const indent = indentAt(source.text, last.getStart(source));
  return [insertion(line, `${eolAt(source.text, line, style.eol)}${indent}${member}`)];
}
