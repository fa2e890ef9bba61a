import type { RelPath } from '../../model/paths.ts';
import { readEnv } from '../../program/env-reads.ts';
import type { Survey } from '../../program/survey.ts';
import { callsIn } from '../../syntax/calls.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { importsOf } from '../../syntax/symbols.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import type { ServiceCall } from './service-calls.ts';

/** What a call of another service should have, and a bare one often has not. */
type CallPart = 'deadline' | 'circuit' | 'correlation ID' | 'token';

/** A call by a general HTTP client. */
export interface BareCall extends ServiceCall {
  readonly node: ts.CallExpression;
  readonly by: HttpClient;
  /** For certain: what an expression may hold that cannot be read is not in it. */
  readonly lacks: readonly CallPart[];
}

type HttpClient = 'fetch' | 'axios' | 'got' | 'ky' | 'undici';

const verbs = /^(?:get|post|put|patch|delete|head|request)$/;
const headers: Readonly<Partial<Record<CallPart, RegExp>>> = {
  'correlation ID': /correlation|x-request-id|traceparent/i,
  token: /authorization|bearer/i,
};

/** Calls by fetch, axios, got, ky and undici, in the order of files. */
export function findBareCalls(survey: Survey): readonly BareCall[] {
  return survey
    .filesMatching(/\b(?:fetch\(|axios|got|ky|undici)\b|\bfetch\(/)
    .flatMap((path) => callsIn(survey.tree(path)).flatMap((call) => bareCall(survey, call, path) ?? []));
}

function bareCall(survey: Survey, call: ts.CallExpression, path: RelPath): BareCall | undefined {
  const client = clientOf(survey, call.expression, path);
  const [first] = call.arguments;
  if (client === undefined || first === undefined) return undefined;
  const isConfig = ts.isObjectLiteralExpression(unwrap(first));
  const url = isConfig ? propertyOf(first, 'url') : first;
  const base = client.made && (propertyOf(client.made, 'baseURL') ?? propertyOf(client.made, 'prefixUrl'));
  const own = isConfig ? propertyOf(first, 'baseURL') : undefined;
  const target = base ?? own ?? url;
  if (target === undefined) return undefined;
  // axios takes the body before the options.
  const hasBody = client.by === 'axios' && (memberOf(call.expression) ?? '').startsWith('p');
  const given = isConfig ? [first] : call.arguments.slice(hasBody ? 2 : 1);
  const options = [...given, ...(client.made === undefined ? [] : [client.made])];
  return {
    ...placeOf(call, path),
    node: call,
    via: 'url',
    ...destinationOf(survey, target, path),
    by: client.by,
    lacks: lacksOf(survey, call, client.by, options, path),
  };
}

interface Caller {
  readonly by: HttpClient;
  /** The options of an instance: `axios.create({ … })`. */
  readonly made?: ts.Expression;
}

/** `fetch`, `axios`, `axios.get`, `api.get` where `api` is an instance. */
function clientOf(survey: Survey, callee: ts.Expression, path: RelPath): Caller | undefined {
  const bare = unwrap(callee);
  const receiver = receiverOf(bare);
  const named = receiver !== undefined && verbs.test(memberOf(bare) ?? '') ? receiver : bare;
  if (!ts.isIdentifier(named)) return undefined;
  const from = importsOf(survey.tree(path)).get(named.text);
  if (from === undefined && named.text === 'fetch' && named === bare) return { by: 'fetch' };
  const by = from === undefined ? undefined : packageOf(from.from);
  if (by !== undefined)
    return by !== 'undici' || named !== bare || /^(?:fetch|request)$/.test(from?.name ?? '')
      ? { by }
      : undefined;
  const value = survey.names.value(named, path)?.node;
  if (value === undefined || !ts.isCallExpression(value)) return undefined;
  const maker = receiverOf(value.expression);
  const isMaker = /^(?:create|extend)$/.test(memberOf(value.expression) ?? '');
  const made = isMaker && maker !== undefined && ts.isIdentifier(maker) ? packageOf(maker.text) : undefined;
  const [options] = value.arguments;
  return made === undefined || options === undefined ? undefined : { by: made, made: options };
}

function packageOf(name: string): HttpClient | undefined {
  const known: readonly HttpClient[] = ['axios', 'got', 'ky', 'undici'];
  return known.find((one) => one === name);
}

/** The variable or the origin at the beginning of a URL: of `${base}/users/${id}`, `base + '/users'`, `new URL('/users', base)`. */
function destinationOf(
  survey: Survey,
  url: ts.Expression,
  path: RelPath,
): Readonly<{ env?: string; url?: string }> {
  const bare = unwrap(url);
  if (ts.isTemplateExpression(bare)) {
    const [span] = bare.templateSpans;
    if (bare.head.text !== '') return { url: bare.head.text };
    return span === undefined ? {} : destinationOf(survey, span.expression, path);
  }
  if (ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return destinationOf(survey, bare.left, path);
  if (ts.isNewExpression(bare) && bare.expression.getText() === 'URL') {
    const base = bare.arguments?.[1] ?? bare.arguments?.[0];
    return base === undefined ? {} : destinationOf(survey, base, path);
  }
  const value = survey.names.value(bare, path);
  const isComposed =
    value !== undefined && (ts.isTemplateExpression(value.node) || ts.isNewExpression(value.node));
  if (isComposed && value.node !== bare) return destinationOf(survey, value.node, value.file);
  const { env, fallback } = readEnv(survey, bare, path);
  return { ...(env !== undefined && { env }), ...(fallback !== undefined && { url: fallback }) };
}

function lacksOf(
  survey: Survey,
  call: ts.CallExpression,
  by: HttpClient,
  options: readonly ts.Expression[],
  path: RelPath,
): readonly CallPart[] {
  const read = options.map((one) => survey.names.objectOf(one, path));
  const isWhole = read.every((one) => one !== undefined && !one.node.properties.some(ts.isSpreadAssignment));
  const isBehindCircuit = ts.findAncestor(call, isCircuitCall) !== undefined;
  const circuit: readonly CallPart[] = isBehindCircuit ? [] : ['circuit'];
  if (!isWhole) return circuit;
  const sent = read.flatMap((one) => (one === undefined ? [] : headersIn(survey, one)));
  const texts = [...read, ...sent].map((one) => one?.node.getText() ?? '');
  const has = (pattern: RegExp): boolean => texts.some((text) => pattern.test(text));
  // ky gives up after ten seconds by itself.
  const hasDeadline =
    by === 'ky' ? !has(/\btimeout:\s*false\b/) : has(/\b(?:signal|timeout|headersTimeout)\b/);
  const areHeadersRead = sent.every(
    (one) => one !== undefined && !one.node.properties.some(ts.isSpreadAssignment),
  );
  const missing = Object.entries(headers).filter(([, pattern]) => areHeadersRead && !has(pattern));
  return [
    ...(hasDeadline ? [] : (['deadline'] as const)),
    ...circuit,
    ...missing.map(([part]) => part as CallPart),
  ];
}

type FoundObject = NonNullable<ReturnType<Survey['names']['objectOf']>>;

/** The headers of options: undefined for those that are no literal. */
function headersIn(survey: Survey, { file, node }: FoundObject): readonly (FoundObject | undefined)[] {
  const given = propertyOf(node, 'headers');
  return given === undefined ? [] : [survey.names.objectOf(given, file)];
}

/** `breaker.execute(() => fetch(…))`, `breaker.fire(…)`. */
function isCircuitCall(node: ts.Node): boolean {
  return ts.isCallExpression(node) && /^(?:execute|fire)$/.test(memberOf(node.expression) ?? '');
}
