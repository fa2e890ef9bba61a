import type { Style } from '../model/code-facts.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import type { EnvDeclarationWant } from '../model/wants.ts';
import { printString } from '../syntax/print.ts';
import { findEnvType } from '../facts/config/config.ts';
import { parseSource, ts, walk } from '../syntax/tree.ts';
import { appendElements, eolAt, indentAt, insertion, lineEnd, sameLine } from './text-lines.ts';
import { ensureImport } from './ensure-import.ts';
import { findEnvSchema } from './env-schema.ts';

/**
 * Declares a variable in the schema that parses the environment, last and written as its siblings are. [] when it is
 * declared, and for plain process.env. @throws RefusalError E_NO_REGISTRATION_PLACE with the line to add by hand
 */
export function ensureEnvDeclaration(
  base: string,
  want: EnvDeclarationWant,
  style: Style,
): readonly TextChange[] {
  if (want.config.style === 'process.env') return [];
  const source = parseSource('env.ts', base);
  const found = findEnvSchema(source, want.config);
  if (found === undefined) throw new RefusalError(noSchema(want, style));
  const { properties } = found.object;
  const isThere = properties.some((each) => each.name !== undefined && nameText(each.name) === want.name);
  if (isThere) return [];
  const value = valueText(want, found.builder, found.object.getText(source), style);
  const own = appendElements(source, found.object, [`${want.name}: ${value}`], style);
  if (want.config.style === '@fastify/env')
    return [...addToTypeBeside(source, found.object, want, style), ...own].toSorted(
      (a, b) => a.start - b.start,
    );
  if (want.config.style !== 'envalid' || found.builder !== '') return own;
  const imports = ensureImport(
    base,
    { from: 'envalid', names: [want.type === 'url' ? 'url' : 'str'] },
    style,
  );
  return [...imports, ...own];
}

function nameText(name: ts.PropertyName): string {
  return ts.isStringLiteral(name) || ts.isIdentifier(name) ? name.text : name.getText();
}

/** `builder` is what the schema's own functions are called on: `z`, `Type`, `envalid`, or '' for none. */
function valueText(want: EnvDeclarationWant, builder: string, siblings: string, style: Style): string {
  const initial = want.default === undefined ? undefined : printString(want.default, style.quote);
  switch (want.config.style) {
    case 'zod': {
      const url = siblings.includes(`${builder}.url(`) ? `${builder}.url()` : `${builder}.string().url()`;
      const text = want.type === 'url' ? url : `${builder}.string().min(1)`;
      return initial === undefined ? `${text}.optional()` : `${text}.default(${initial})`;
    }
    case 'envalid': {
      const call = `${builder === '' ? '' : `${builder}.`}${want.type === 'url' ? 'url' : 'str'}`;
      return `${call}({ default: ${initial ?? 'undefined'} })`;
    }
    default: {
      const options = initial === undefined ? '' : `default: ${initial}`;
      if (builder === '') {
        const type = `type: ${printString('string', style.quote)}`;
        return `{ ${options === '' ? type : `${type}, ${options}`} }`;
      }
      const text = `${builder}.String(${options === '' ? '' : `{ ${options} }`})`;
      return initial === undefined ? `${builder}.Optional(${text})` : text;
    }
  }
}

function noSchema(want: EnvDeclarationWant, style: Style): Obstacle {
  const builder = { zod: 'z', 'process.env': '', '@fastify/env': '', 'env-schema': '', envalid: '' }[
    want.config.style
  ];
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    message: `The schema that declares the environment variables${want.config.schema === undefined ? '' : ` (${want.config.schema})`} is not an object literal here, so ${want.name} cannot be added to it.`,
    remedy: `Declare ${want.name} there by hand and run the command again.`,
    manual: `${want.name}: ${valueText(want, builder, '', style)},`,
  };
}

/**
 * Adds a variable to the interface that types the environment by hand, last and written as its siblings are. [] when
 * it is there, and where there is no such interface.
 */
export function ensureEnvType(base: string, want: TypedVariable, style: Style): readonly TextChange[] {
  const source = parseSource('env.ts', base);
  const type = findEnvType(source, () => true);
  return type === undefined ? [] : addMember(source, type, want, style);
}

type TypedVariable = Pick<EnvDeclarationWant, 'name' | 'default'>;
type MemberList = ts.TypeLiteralNode | ts.InterfaceDeclaration;

/**
 * The same of the type that is written beside a JSON schema by hand, `interface FastifyInstance { config: {…} }`: the
 * one in the file that has most of the schema's variables. [] where there is none.
 */
function addToTypeBeside(
  source: ts.SourceFile,
  schema: ts.ObjectLiteralExpression,
  want: TypedVariable,
  style: Style,
): readonly TextChange[] {
  const variables = new Set(schema.properties.flatMap((each) => each.name?.getText(source) ?? []));
  let type: MemberList | undefined;
  walk(source, (node) => {
    if (!ts.isTypeLiteralNode(node) && !ts.isInterfaceDeclaration(node)) return undefined;
    const known = node.members.filter(
      ({ name }) => name !== undefined && variables.has(name.getText(source)),
    );
    if (known.length * 2 > variables.size) type = node;
    return undefined;
  });
  return type === undefined ? [] : addMember(source, type, want, style);
}

function addMember(
  source: ts.SourceFile,
  type: MemberList,
  want: TypedVariable,
  style: Style,
): readonly TextChange[] {
  const { text } = source;
  const last = type.members.at(-1);
  if (last === undefined || type.members.some(({ name }) => name?.getText(source) === want.name)) return [];
  const separatorOf = (member: ts.TypeElement): string => /[;,]$/.exec(member.getText(source))?.[0] ?? '';
  const separator = separatorOf(last);
  const member = `${want.name}${want.default === undefined ? '?' : ''}: string${separator}`;
  if (sameLine(source, type.getEnd(), last.getEnd())) {
    const between = type.members.map(separatorOf).find((one) => one !== '') ?? ';';
    return [insertion(last.getEnd(), `${separator === '' ? between : ''} ${member}`)];
  }
  const comments = ts.getTrailingCommentRanges(text, last.getEnd());
  const end = lineEnd(text, comments?.at(-1)?.end ?? last.getEnd());
  return [insertion(end, `${eolAt(text, end, style.eol)}${indentAt(text, last.getStart(source))}${member}`)];
}
