import {
  hasUnknown,
  type NamedShapes,
  objectShape,
  printDeclaration,
  printShape,
  type Shape,
  type ShapeMember,
  type TypedRoute,
} from '../_engine/facts/route-types/shape.ts';
import type { Route } from '../_engine/model/app-facts.ts';
import { patternOfName, printInComment, printKey, printString } from '../_engine/syntax/print.ts';
import { capitalized } from './method-names.ts';
import type { CallMethodView } from './view.ts';

/** A method with the types that it needs; `notes`: what its types do not say. */
export interface CallMethod {
  readonly name: string;
  readonly route: Route;
  readonly typed: TypedRoute;
  readonly view: CallMethodView;
  readonly declarations: readonly (readonly [name: string, shape: Shape])[];
  /** Declared as text: no shape. */
  readonly errors: readonly string[];
  readonly notes: readonly string[];
}

const maxLine = 100;
const indent = '  ';

/** The method that calls a route. `isTaken`: the callee has a type of that name. */
export function methodOf(
  typed: TypedRoute,
  name: string,
  types: NamedShapes,
  isTaken: (name: string) => boolean,
): CallMethod {
  const { answer, route } = typed;
  const body = bodyOf(typed);
  const { declarations, named } = namer(name, isTaken);
  const params = paramsOf(typed, types);
  const query = queryOf(typed, types);
  const inputs = [
    ...(params.length === 0 ? [] : [{ name: 'params', type: inline(params), optional: false }]),
    ...(query.members.length === 0 ? [] : [queryInput(query.members)]),
    ...(body === undefined
      ? []
      : [{ name: 'body', type: named(body, 'Body'), optional: body.kind === 'unknown' }]),
  ];
  const result = named(answer, 'Answer');
  const error = errorOf(typed, name, types);
  return {
    name,
    route,
    typed,
    view: {
      does: `${printInComment(`${route.method} ${route.url}`)}${error.does}`,
      signature: signatureOf(name, inputs, result),
      statement: `return this.call(${printString(route.method.toLowerCase())}, ${printString(patternOf(route.url))}, call);`,
    },
    declarations,
    errors: error.declarations,
    notes: notesOf(typed, name, query.dropped),
  };
}

interface Namer {
  readonly declarations: readonly (readonly [string, Shape])[];
  /** A shape as a type of one line; what takes more is declared. */
  readonly named: (shape: Shape, suffix: string) => string;
}

function namer(method: string, isTaken: (name: string) => boolean): Namer {
  const declarations: (readonly [string, Shape])[] = [];
  const named = (shape: Shape, suffix: string): string => {
    if (shape.kind === 'array') {
      const element = named(shape.of, suffix === 'Answer' ? 'Item' : suffix);
      return element.includes(' ') ? `(${element})[]` : `${element}[]`;
    }
    if (!holdsMembers(shape)) return printShape(shape);
    const wanted = `${capitalized(method)}${suffix}`;
    const own = isTaken(wanted) ? `${wanted}Of${suffix}` : wanted;
    declarations.push([own, shape]);
    return own;
  };
  return { declarations, named };
}

/** Whether a shape takes more than a line. */
function holdsMembers(shape: Shape): boolean {
  if (shape.kind === 'union') return shape.of.some(holdsMembers);
  return shape.kind === 'array'
    ? holdsMembers(shape.of)
    : shape.kind === 'object' && shape.members.length > 0;
}

/** The type of the error that the callee declares by its statuses, with their bodies. */
function errorOf(
  { failures }: TypedRoute,
  name: string,
  types: NamedShapes,
): Readonly<{ does: string; declarations: readonly string[] }> {
  if (failures.length === 0) return { does: '', declarations: [] };
  const found = failures
    .toSorted((a, b) => a.status - b.status)
    .map(({ shape, status }) => ({ status, body: bodyType(shape, types) }));
  const error = `${capitalized(name)}Error`;
  const members = [...new Set(found.map(({ body }) => body))].map((body) => {
    const statuses = statusesOf(found.filter((one) => one.body === body)).join(' | ');
    return `{ readonly status: ${statuses}${body === '' ? '' : `; readonly body: ${body}`} }`;
  });
  const union =
    members.length === 1 ? members.join('') : `(\n${members.map((one) => `  | ${one}\n`).join('')})`;
  return {
    does: `; ${statusesOf(found).join(', ')} as ${error}`,
    declarations: [`export type ${error} = ServiceClientError & ${union};`],
  };
}

function statusesOf(found: readonly Readonly<{ status: number }>[]): readonly number[] {
  return [...new Set(found.map(({ status }) => status))];
}

/** The body of an error on one line; empty where it is not known whole. */
function bodyType(shape: Shape, types: NamedShapes): string {
  if (shape.kind === 'nothing' || hasUnknown(shape, types)) return '';
  const open = /\{\s+/g;
  return printShape(shape)
    .replace(open, '{ ')
    .replace(/;\s+\}/g, ' }')
    .replace(/;\s+/g, '; ');
}

interface Input {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

function queryInput(members: readonly ShapeMember[]): Input {
  return { name: 'query', type: inline(members), optional: members.every((one) => one.optional) };
}

function signatureOf(name: string, inputs: readonly Input[], result: string): string {
  const types = inputs.map((one) => `${one.name}${one.optional ? '?' : ''}: ${one.type}`);
  const own = inputs.length === 0 ? '' : `{ ${types.join('; ')} } & `;
  const call = `call: ${own}CallOptions${inputs.every(({ optional }) => optional) ? ' = {}' : ''}`;
  const line = `${name}(${call}): Promise<${result}>`;
  if (line.length + indent.length <= maxLine) return line;
  return `${name}(\n${indent.repeat(2)}${call},\n${indent}): Promise<${result}>`;
}

const parameter = /:(\w+)(?:\((?:[^()\\]|\\.)*\))?\??/g;

/** The URL with its parameters alone, without what they have to match. */
export function patternOf(url: string): string {
  return url.replaceAll(parameter, ':$1');
}

/** Those that the URL has, by their types; text where these say nothing. */
export function paramsOf({ params, route }: TypedRoute, types: NamedShapes): readonly ShapeMember[] {
  const known = objectShape(params, types)?.members ?? [];
  return [...route.url.matchAll(parameter)].map(([, name = '']) => {
    const shape = known.find((one) => one.name === name)?.shape;
    return {
      name,
      shape: shape !== undefined && isScalar(shape) ? shape : { kind: 'string' },
      optional: false,
    };
  });
}

/** Undefined: the route takes none. */
export function bodyOf({ body }: TypedRoute): Shape | undefined {
  return body?.kind === 'nothing' ? undefined : body;
}

interface Query {
  readonly members: readonly ShapeMember[];
  /** Parameters that the ServiceClient cannot send. */
  readonly dropped: readonly string[];
}

export function queryOf({ query }: TypedRoute, types: NamedShapes): Query {
  const all = objectShape(query, types)?.members ?? [];
  const asSent = all.map((one) =>
    one.shape.kind === 'unknown' ? { ...one, shape: { kind: 'string' } as const } : one,
  );
  const isSent = (one: ShapeMember): boolean => isScalar(one.shape);
  return {
    members: asSent.filter(isSent),
    dropped: asSent.filter((one) => !isSent(one)).map(({ name }) => name),
  };
}

function isScalar(shape: Shape): boolean {
  if (shape.kind === 'union') return shape.of.every(isScalar);
  return ['string', 'number', 'boolean', 'literal'].includes(shape.kind);
}

function inline(members: readonly ShapeMember[]): string {
  const text = members.map(
    (one) => `${printKey(one.name)}${one.optional ? '?' : ''}: ${printShape(one.shape)}`,
  );
  return `{ ${text.join('; ')} }`;
}

function notesOf({ answer, route }: TypedRoute, name: string, dropped: readonly string[]): readonly string[] {
  const what = `${route.method} ${route.url}`;
  return [
    ...(answer.kind === 'unknown'
      ? [
          `${name}() returns unknown: the code of ${what} does not say what it answers (${route.path}:${String(route.line)}).`,
        ]
      : []),
    ...dropped.map(
      (one) => `${name}() has no query parameter ${one}: ${what} takes more than one value for it.`,
    ),
  ];
}

/** The declarations of a client: each type that a method or another type needs, once. */
export function declarationsOf(methods: readonly CallMethod[], types: NamedShapes): readonly string[] {
  const own = methods.flatMap(({ declarations }) => declarations);
  const text = [
    ...methods.map(({ view }) => view.signature),
    ...own.map(([, shape]) => printShape(shape)),
    ...methods.flatMap(({ errors }) => errors),
  ].join('\n');
  const needed = new Set<string>();
  const add = (code: string): void => {
    for (const [name, shape] of types) {
      if (needed.has(name) || !patternOfName(name).test(code)) continue;
      needed.add(name);
      add(printShape(shape));
    }
  };
  add(text.replaceAll(/'(?:[^'\\]|\\.)*'/g, "''"));
  return [
    ...[...types].filter(([name]) => needed.has(name)).map(([name, shape]) => printDeclaration(name, shape)),
    ...own.map(([name, shape]) => printDeclaration(name, shape)),
    ...methods.flatMap(({ errors }) => errors),
  ];
}
