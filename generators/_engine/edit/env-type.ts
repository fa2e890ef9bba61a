import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import type { EnvDeclarationWant } from '../model/wants.ts';
import { ts, walk } from '../syntax/tree.ts';
import { eolAt, indentAt, insertion, lineEnd, sameLine } from './text-lines.ts';

/**
 * Adds a variable to the type that is written beside a JSON schema by hand, `interface FastifyInstance { config: {…} }`:
 * the one in the file that has most of the schema's variables. [] where there is none.
 */
export function ensureEnvType(
  source: ts.SourceFile,
  schema: ts.ObjectLiteralExpression,
  want: Pick<EnvDeclarationWant, 'name' | 'default'>,
  style: Style,
): readonly TextChange[] {
  const variables = new Set(schema.properties.flatMap((each) => each.name?.getText(source) ?? []));
  const isType = (node: ts.Node): node is ts.TypeLiteralNode | ts.InterfaceDeclaration =>
    ts.isTypeLiteralNode(node) || ts.isInterfaceDeclaration(node);
  let members: ts.NodeArray<ts.TypeElement> | undefined;
  walk(source, (node) => {
    if (!isType(node)) return undefined;
    const known = node.members.filter(
      ({ name }) => name !== undefined && variables.has(name.getText(source)),
    );
    if (known.length * 2 > variables.size) members = node.members;
    return undefined;
  });
  const last = members?.at(-1);
  if (members === undefined || last === undefined) return [];
  if (members.some(({ name }) => name?.getText(source) === want.name)) return [];
  const end = last.getEnd();
  const mark = /[;,]$/.exec(last.getText(source))?.[0] ?? '';
  const member = `${want.name}${want.default === undefined ? '?' : ''}: string`;
  const first = members[0] ?? last;
  if (members.length > 1 && sameLine(source, first.getStart(source), end))
    return [insertion(end, mark === '' ? `; ${member}` : ` ${member}${mark}`)];
  const indent = indentAt(source.text, last.getStart(source));
  const comments = ts.getTrailingCommentRanges(source.text, end);
  const line = lineEnd(source.text, comments?.at(-1)?.end ?? end);
  return [insertion(line, `${eolAt(source.text, line, style.eol)}${indent}${member}${mark}`)];
}
