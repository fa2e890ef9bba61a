import type { ImportWant, Style } from '../model/code-facts.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { basenameRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { once } from '../model/run-caches.ts';
import type { Service, ServiceHead } from '../model/service.ts';
import { insertion, type TextChange } from '../model/text-change.ts';
import { findEnvType } from '../facts/config/config.ts';
import { detectStyle } from '../facts/style/style.ts';
import type { Draft } from '../repo/draft.ts';
import { findFilesNamed } from '../repo/source-files.ts';
import { printString } from '../syntax/print.ts';
import { parseSource, pickNodes, ts } from '../syntax/tree.ts';
import type { ComposeService, ComposeVariable } from './ensure-compose.ts';
import { ensureImport } from './ensure-import.ts';
import { type EnvDeclarationWant, findEnvSchema } from './env-schema.ts';
import { appendElements, eolAt, indentAt, lineEnd, sameLine } from './text-lines.ts';

/** One variable of a `.env` example file. */
export type EnvWant = Readonly<{ name: string; value: string; comment?: string }>;

/** A variable of the environment, as the examples list it and as a schema declares it. */
export type VariableWant = EnvWant & Pick<EnvDeclarationWant, 'type' | 'default'> & ContainerVariable;

/**
 * Declares variables wherever the service does: in its env examples, its schema, the interface that types it, and the
 * compose files that list its environment.
 */
export async function declareVariables(
  draft: Draft,
  service: Pick<Service, 'config' | 'dir' | 'name'>,
  wants: readonly VariableWant[],
): Promise<void> {
  const { config } = service;
  for (const want of wants) {
    for (const file of config.exampleFiles) draft.patch(file, 'env', (base) => ensureEnv(base, want));
    const { file, types } = config;
    if (file === undefined || config.style === 'process.env') continue;
    const declared = { ...want, config };
    draft.patch(file, 'env', (base) => ensureEnvDeclaration(base, declared, detectStyle([base])));
    if (types !== undefined)
      draft.patch(types, 'env', (base) => ensureEnvType(base, declared, detectStyle([base])));
  }
  await declareInCompose(draft, service, wants);
}

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

/** How generated code reads an environment variable: through the service's own configuration where it has one. */
export function readVariable(
  { config }: Service,
  name: string,
): { readonly expression: string; readonly imports: readonly ImportWant[] } {
  // What @fastify/env decorates is there only after its plugin, whose place a plugin of ours does not know.
  if (config.reader === undefined || /^(process\.env|@fastify\/env)$/.test(config.style)) {
    return { expression: `process.env[${printString(name)}]`, imports: [] };
  }
  return { expression: `${config.reader.expression}.${name}`, imports: config.reader.imports };
}

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
  const type = pickNodes(source, (node) => {
    if (!ts.isTypeLiteralNode(node) && !ts.isInterfaceDeclaration(node)) return undefined;
    const known = node.members.filter(({ name }) => name && variables.has(name.getText(source)));
    return known.length * 2 > variables.size ? node : undefined;
  }).at(-1);
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

/** A service that others reach by a variable, and the port on which its code listens. */
export interface Destination {
  readonly head: Pick<ServiceHead, 'dir' | 'name'>;
  readonly port: number | undefined;
  /** It listens with TLS. */
  readonly secure?: boolean;
}

/** A variable of a service; `to`: it holds the address of another one. */
export interface ContainerVariable {
  readonly name: string;
  readonly to?: Destination | undefined;
}

/**
 * Adds variables to the container of a service where a compose file lists its environment. What the file does not tell
 * the address of is passed through, set where the shell or `.env` sets it; not past a file that may hold it.
 */
export async function declareInCompose(
  draft: Draft,
  head: Pick<ServiceHead, 'dir' | 'name'>,
  wants: readonly ContainerVariable[],
): Promise<void> {
  const files = composeFilesOf(draft.repo.origin);
  if (files.length === 0) return;
  // Most repos have no such file, and a parser takes time to load.
  const { composeRedisOf, composeServicesOf, composeUrl, ensureCompose } =
    await import('./ensure-compose.ts');
  const runningIn = (path: RelPath, one: Pick<ServiceHead, 'dir' | 'name'>): ComposeService | undefined =>
    pick(composeServicesOf(draft.repo.read(path) ?? '', path, one.dir, one.name), one);
  const valueOf = (from: ComposeService, { name, to }: ContainerVariable): string | undefined => {
    const { path } = from;
    const near = [path, ...files];
    if (name === 'REDIS_URL') return composeRedisOf(draft.repo.read(path) ?? '');
    const there = to && near.map((file) => runningIn(file, to.head)).find((one) => one !== undefined);
    const port = there?.ports.find((one) => one === to?.port) ?? there?.ports[0] ?? to?.port;
    return there && composeUrl(from, there, { port, scheme: to.secure === true ? 'https' : 'http' });
  };

  for (const path of files) {
    const container = runningIn(path, head);
    if (container?.listsEnvironment !== true) continue;
    const variables = wants
      .map((want): ComposeVariable => ({ name: want.name, value: valueOf(container, want) }))
      .filter(({ value }) => value !== undefined || !container.readsFile);
    if (variables.length === 0) continue;
    draft.patch(path, 'compose', (base) => {
      const changes = ensureCompose(base, container.name, variables);
      if (changes === undefined) draft.note(byHand(path, container.name, variables));
      return changes ?? [];
    });
  }
}

/** The compose files on disk, those nearest to the root first; no plan makes one. */
const composeFilesOf = once((disk: Repo) =>
  findFilesNamed(disk, /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/),
);

/** The only one, else the one that is called as the service is: jobs and tools are often made of the same image. */
function pick(
  found: readonly ComposeService[],
  { dir, name }: Pick<ServiceHead, 'dir' | 'name'>,
): ComposeService | undefined {
  const named = found.filter(
    (one) => one.name === basenameRel(dir) || one.name === name.replace(/^@.*\//, ''),
  );
  const [only, other] = named.length > 0 ? named : found;
  return other === undefined ? only : undefined;
}

function byHand(path: RelPath, service: string, variables: readonly ComposeVariable[]): string {
  const list = variables.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
  return `${path} does not list the environment of ${service} line by line: add ${list.join(' and ')} by hand.`;
}
