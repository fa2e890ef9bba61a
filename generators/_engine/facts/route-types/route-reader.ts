import type { Route } from '../../model/app-facts.ts';
import { type CheckedProgram, openChecked } from '../../program/checked-program.ts';
import type { Survey } from '../../program/survey.ts';
import { callsIn, routeMethods } from '../../syntax/calls.ts';
import { type FunctionNode, memberOf } from '../../syntax/expressions.ts';
import { lineOf, ts } from '../../syntax/tree.ts';
import { RouteFunctions } from './route-functions.ts';
import { JsonTypes } from './json-of-type.ts';
import { answerOfSchema, shapeOfSchema } from './json-schema.ts';
import { SchemaValues } from './schema-values.ts';
import { findAnswers } from './sent-answers.ts';
import {
  type NamedShapes,
  nothingShape,
  type Shape,
  takesBody,
  type TypedRoute,
  TypeNames,
  unionOf,
  unknownShape,
} from './shape.ts';

type Answer = Readonly<{ status: string; shape: Shape; isText?: boolean }>;

/** The parts of a route by the names of Fastify's type arguments, its schema, and a request. */
const parts = {
  params: { argument: 'Params', schema: ['params'], request: 'params' },
  query: { argument: 'Querystring', schema: ['querystring', 'query'], request: 'query' },
  body: { argument: 'Body', schema: ['body'], request: 'body' },
} as const;

/** Reads routes of one service; the types that they name are collected. */
class RouteReader {
  readonly #checker: ts.TypeChecker;
  readonly #names = new TypeNames();
  readonly #types: JsonTypes;
  readonly #values: SchemaValues;
  readonly #functions: RouteFunctions;

  constructor(program: CheckedProgram) {
    this.#checker = program.checker;
    this.#types = new JsonTypes(program.checker, this.#names);
    this.#values = new SchemaValues(program, this.#types);
    this.#functions = new RouteFunctions(program, this.#values);
  }

  get types(): NamedShapes {
    return this.#names.shapes;
  }

  read(route: Route, call: ts.CallExpression): TypedRoute {
    const code = this.#codeOf(call);
    const answers = this.#answers(code);
    const successes = answers.filter(({ status }) => status.startsWith('2'));
    const operationId = this.#textOf(this.#values.member(code.schema, 'operationId'));
    const failures = answers.filter(({ status }) => /^[345]\d\d$/.test(status));
    return {
      route,
      ...(operationId !== undefined && { operationId }),
      params: this.#sent(code, 'params'),
      query: this.#sent(code, 'query'),
      body: takesBody(route) ? this.#sent(code, 'body') : undefined,
      answer: successes.length === 0 ? unknownShape : unionOf(successes.map(({ shape }) => shape)),
      failures: failures.map(({ shape, status }) => ({ status: Number(status), shape })),
      ...(successes.some(isTextAnswer) && { isText: true }),
    };
  }

  #codeOf(call: ts.CallExpression): RouteCode {
    const isWhole = memberOf(call.expression) === 'route';
    const options = isWhole ? call.arguments[0] : call.arguments.length > 2 ? call.arguments[1] : undefined;
    const last = isWhole ? undefined : call.arguments.at(-1);
    const given = last ?? this.#values.member(options, 'handler');
    // `app.get('/x', { schema, handler })`
    const inner = given === last && last !== undefined ? this.#values.member(last, 'handler') : undefined;
    const all = inner === undefined ? options : last;
    const handler = inner ?? given;
    const [argument] = call.typeArguments ?? [];
    return {
      call,
      schema: this.#values.member(all, 'schema'),
      handler,
      body: handler && this.#functions.functionOf(handler),
      generic: argument && this.#checker.getTypeFromTypeNode(argument),
    };
  }

  #textOf(expression: ts.Expression | undefined): string | undefined {
    const value = expression && this.#values.resolve(expression);
    return value !== undefined && ts.isStringLiteralLike(value) ? value.text : undefined;
  }

  #sent({ body, call, generic, schema }: RouteCode, part: keyof typeof parts): Shape {
    const names = parts[part];
    const described = names.schema
      .map((name) => this.#values.member(schema, name))
      .find((one) => one !== undefined);
    if (described !== undefined) {
      const value = this.#values.schemaOf(described, true);
      const shape = shapeOfSchema(value, this.#context(false));
      if (shape.kind !== 'unknown') return shape;
    }
    const typed = generic?.getProperty(names.argument);
    if (typed !== undefined) return this.#shapeOfSymbol(typed, call);
    const request = body?.parameters[0];
    const found = request && this.#checker.getTypeAtLocation(request).getProperty(names.request);
    return found === undefined || request === undefined ? unknownShape : this.#shapeOfSymbol(found, request);
  }

  #shapeOfSymbol(symbol: ts.Symbol, at: ts.Node): Shape {
    return this.#types.shapeOf(this.#checker.getTypeOfSymbolAtLocation(symbol, at), at);
  }

  #context(answers: boolean): Parameters<typeof shapeOfSchema>[1] {
    return { names: this.#names, answers, find: (id) => this.#values.added(id) };
  }

  /** What is declared stands for its statuses; what the handler does is read for the others. */
  #answers(code: RouteCode): readonly Answer[] {
    const declared = [...this.#fromSchema(code.schema), ...this.#fromGeneric(code)];
    const known = declared.filter(({ shape }) => shape.kind !== 'unknown');
    const isKnown = (status: string): boolean =>
      known.some((one) => one.status === status || (status.startsWith('2') && one.status.startsWith('2')));
    const found = this.#fromHandler(code).filter(({ status }) => !isKnown(status));
    return [...new Map([...found, ...known].map((one) => [one.status, one])).values()];
  }

  #fromSchema(schema: ts.Expression | undefined): readonly Answer[] {
    const response = this.#values.member(schema, 'response');
    return this.#values.keys(response).flatMap((status) => {
      const described = this.#values.member(response, status);
      if (described === undefined) return [];
      const value = this.#values.schemaOf(described, false);
      const content = contentOf(value);
      return [
        {
          status: status === 'default' ? '2xx' : status,
          shape: answerOfSchema(content, this.#context(true)),
        },
      ];
    });
  }

  /** `Reply: User`, and `Reply: { 200: User; 404: Problem }`. */
  #fromGeneric({ call, generic }: RouteCode): readonly Answer[] {
    const symbol = generic?.getProperty('Reply');
    if (symbol === undefined) return [];
    const type = this.#checker.getTypeOfSymbolAtLocation(symbol, call);
    const members = this.#checker.getPropertiesOfType(type);
    const isByStatus = members.length > 0 && members.every(({ name }) => /^[1-5](?:\d\d|xx)$/i.test(name));
    if (!isByStatus) return [{ status: '2xx', shape: this.#types.shapeOf(type, call) }];
    return members.map((member) => ({ status: member.name, shape: this.#shapeOfSymbol(member, call) }));
  }

  #fromHandler({ body, handler }: RouteCode): readonly Answer[] {
    const found = body === undefined ? [] : findAnswers(body, this.#checker);
    const byStatus = new Map<string, Sent[]>();
    for (const { status, value } of found) {
      const sent = value === undefined ? noBody : this.#valueShape(value);
      if (status === undefined || sent === undefined) continue;
      byStatus.set(String(status), [...(byStatus.get(String(status)) ?? []), sent]);
    }
    if (byStatus.size === 0 && body === undefined && handler !== undefined)
      return this.#fromSignature(handler);
    return [...byStatus].map(([status, sent]) => ({ status, ...together(sent) }));
  }

  /** A function that returns nothing may send anything. */
  #fromSignature(handler: ts.Expression): readonly Answer[] {
    const [signature] = this.#checker.getTypeAtLocation(handler).getCallSignatures();
    const sent = signature && this.#sentBy(signature.getReturnType(), handler);
    return sent === undefined || sent === noBody ? [] : [{ status: '200', ...sent }];
  }

  #valueShape(value: ts.Expression): Sent | undefined {
    return this.#sentBy(this.#checker.getTypeAtLocation(value), value);
  }

  /** Undefined where nothing but the reply itself comes back. */
  #sentBy(type: ts.Type, at: ts.Node): Sent | undefined {
    const awaited = this.#checker.getAwaitedType(type) ?? type;
    const all = awaited.isUnion() ? awaited.types : [awaited];
    const kept = all.filter((one) => !isReply(one) && (one.flags & ts.TypeFlags.VoidLike) === 0);
    if (kept.length === 0) return all.some(isReply) ? undefined : noBody;
    // A union that loses nothing keeps its name.
    const shapes =
      kept.length === all.length && !kept.some(isRaw)
        ? [this.#types.shapeOf(awaited, at)]
        : kept.map((one) => (isRaw(one) ? unknownShape : this.#types.shapeOf(one, at)));
    return { shape: unionOf(shapes), isText: kept.some(isRaw) };
  }
}

interface RouteCode {
  readonly call: ts.CallExpression;
  readonly schema: ts.Expression | undefined;
  readonly handler: ts.Expression | undefined;
  readonly body: FunctionNode | undefined;
  readonly generic: ts.Type | undefined;
}

type Sent = Readonly<{ shape: Shape; isText: boolean }>;

const noBody: Sent = { shape: nothingShape, isText: false };

function together(sent: readonly Sent[]): Sent {
  const shapes = sent.map(({ shape }) => shape).filter(({ kind }) => kind !== 'nothing');
  return { shape: unionOf(shapes), isText: sent.some((one) => one.isText) };
}

/** `{ content: { 'application/json': { schema } } }`, as Fastify has it for several media types. */
function contentOf(value: unknown): unknown {
  const content = (value as { content?: Readonly<Record<string, { schema?: unknown }>> } | undefined)
    ?.content;
  return content?.['application/json']?.schema ?? value;
}

function isReply(type: ts.Type): boolean {
  return type.getSymbol()?.name === 'FastifyReply';
}

/** Fastify sends these as they are: bytes, and what can be piped. */
function isRaw(type: ts.Type): boolean {
  const isStream = ['pipe', 'pipeTo'].some((name) => type.getProperty(name) !== undefined);
  return isStream || /^(Buffer|Uint8Array)$/.test(type.getSymbol()?.name ?? '');
}

/** And text, which no schema makes JSON. */
function isTextAnswer({ isText, shape }: Answer): boolean {
  return isText === true || (shape.kind === 'union' ? shape.of : [shape]).some(isString);
}

function isString(shape: Shape): boolean {
  return shape.kind === 'string' || (shape.kind === 'literal' && typeof shape.value === 'string');
}

export interface RouteTypes {
  readonly routes: readonly TypedRoute[];
  readonly types: NamedShapes;
  /** Packages whose types were not there to be read. */
  readonly missing: readonly string[];
}

/** Reads the types of routes from the source of their service, by TypeScript's checker. Runs none of its code. */
export function readRouteTypes(survey: Survey, routes: readonly Route[]): RouteTypes {
  const program = openChecked(survey);
  const reader = new RouteReader(program);
  const typed = routes.map((route): TypedRoute => {
    const tree = program.file(route.path);
    const call = tree && findCall(tree, route);
    return call === undefined ? untyped(route) : reader.read(route, call);
  });
  return { routes: typed, types: reader.types, missing: program.missing };
}

function untyped(route: Route): TypedRoute {
  const body = takesBody(route) ? unknownShape : undefined;
  return { route, params: unknownShape, query: unknownShape, body, answer: unknownShape, failures: [] };
}

/** The call that makes a route; of several on one line the one that has its URL. */
function findCall(tree: ts.SourceFile, { line, url }: Route): ts.CallExpression | undefined {
  const calls = callsIn(tree).filter(
    (node) => routeMethods.has(memberOf(node.expression) ?? '') && lineOf(tree, node.getStart()) === line,
  );
  const own = calls.find(({ arguments: [first] }) => {
    return (
      first !== undefined && ts.isStringLiteralLike(first) && first.text !== '/' && url.endsWith(first.text)
    );
  });
  return own ?? calls[0];
}
