import { join } from 'node:path';

import { createGenerator, type Schema } from 'ts-json-schema-generator';

import { projectRoot } from '../../test/helpers/project-root.ts';
import { table } from './table.ts';

/** The JSON Schema (draft 7) of what `--json` prints, from the type `Outcome`. */
export function outcomeSchema(): Schema {
  const generator = createGenerator({
    path: join(projectRoot, 'generators/_engine/cli/outcome.ts'),
    tsconfig: join(projectRoot, 'tsconfig.json'),
    type: 'Outcome',
    topRef: false,
    skipTypeCheck: true,
    sortProps: true,
  });
  return generator.createSchema('Outcome');
}

/** Its members in words, with a link to the schema itself. */
export function renderOutcome(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const member = resolve(schema, property);
    return [`\`${name}\``, describe(schema, member), member.description ?? ''];
  });
  return [
    'With `--json` one document goes to standard output, whatever the outcome. Its schema is ' +
      '[outcome.schema.json](outcome.schema.json) (JSON Schema, draft 7), and comes with the package.',
    table(['member', 'values', ''], rows),
  ].join('\n\n');
}

function describe(root: Schema, schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return valuesOf(schema.enum);
  if (schema.type === 'array') {
    const item = resolve(root, schema.items as Schema);
    return `list of ${item.type === 'object' ? membersOf(root, item) : String(item.type)}`;
  }
  return String(schema.type);
}

function valuesOf(values: NonNullable<Schema['enum']>): string {
  return values.map((value) => `\`${JSON.stringify(value).replaceAll('"', '')}\``).join(' ');
}

function membersOf(root: Schema, { properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(([name, property]) => {
    const values = resolve(root, property).enum;
    const listed = values === undefined ? '' : ` (${valuesOf(values)})`;
    return `\`${name}${required.includes(name) ? '' : '?'}\`${listed}`;
  });
  return `{ ${members.join(', ')} }`;
}

function resolve(root: Schema, property: Schema | boolean): Schema {
  if (typeof property === 'boolean') return {};
  const name = property.$ref?.replace('#/definitions/', '');
  const found = name === undefined ? property : root.definitions?.[name];
  return typeof found === 'object' ? found : {};
}
