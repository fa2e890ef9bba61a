import type { RelPath } from '../../model/paths.ts';
import type { ConfigFact } from '../../model/resource-facts.ts';
import { ts } from '../../syntax/tree.ts';
import { unwrap } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';

/** A place where the environment is parsed. */
export type Parsed = Pick<ConfigFact, 'style' | 'schema' | 'reader'> & { readonly file: RelPath };

/** The schema's own variable and file; for a schema written inside the call, the variable of the result. */
export function withSchema(
  survey: Survey,
  style: ConfigFact['style'],
  schema: ts.Expression | undefined,
  call: ts.Node,
  file: RelPath,
  reader: NonNullable<ConfigFact['reader']>,
): Parsed {
  const bare = schema === undefined ? undefined : unwrap(schema);
  const imported =
    bare !== undefined && ts.isIdentifier(bare) ? survey.names.importOf(bare, file) : undefined;
  const target = imported === undefined ? undefined : survey.names.module(file, imported.from);
  const own = bare !== undefined && ts.isIdentifier(bare) ? bare.text : variableOf(call);
  const name = target === undefined ? own : imported?.name;
  return { style, file: target ?? file, ...(name !== undefined && { schema: name }), reader };
}

/** The variable that an expression is the value of, or part of it. */
export function variableOf(node: ts.Node): string | undefined {
  for (let at = node.parent as ts.Node | undefined; at !== undefined; at = at.parent as ts.Node | undefined) {
    if (ts.isVariableDeclaration(at)) return ts.isIdentifier(at.name) ? at.name.text : undefined;
  }
  return undefined;
}
