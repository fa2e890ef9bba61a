import type { BareCall } from '../_engine/facts/calls/bare-calls.ts';
import { keyOf, memberOf, propertyOf, receiverOf, stringOf } from '../_engine/syntax/expressions.ts';
import { leave } from '../_engine/program/call-scope.ts';
import { importsOf } from '../_engine/syntax/symbols.ts';
import { type Token, tokensOf } from '../_engine/syntax/tokens.ts';
import { ts } from '../_engine/syntax/tree.ts';

/** A call of `fetch` or axios with everything that it sends, each part as it is written. */
export interface PlainCall {
  readonly by: 'fetch' | 'axios';
  readonly method: string;
  readonly url: ts.Expression;
  readonly headers: readonly ts.ObjectLiteralElementLike[];
  readonly sendsToken: boolean;
  readonly query: readonly ts.ObjectLiteralElementLike[];
  readonly body?: ts.Expression;
}

const methods = /^(?:GET|POST|PUT|PATCH|DELETE)$/;
/** The transport's own business: the typed client refuses them. */
const reserved = /^(?:connection|content-length|expect|host|keep-alive|transfer-encoding|upgrade)$/;

/** Reads a call in one of the plain shapes. @throws Left for any other */
export function readPlainCall({ by, node }: BareCall): PlainCall {
  const isComment = ({ start, text }: Token): boolean => start > node.getStart() && /^\/[/*]/.test(text);
  if (tokensOf(node).some(isComment)) leave('it has a comment inside');
  if (by === 'fetch' && ts.isIdentifier(node.expression)) return readFetch(node);
  return by === 'axios' ? readAxios(node) : leave(`it is a call by ${by}`);
}

function readFetch({ arguments: [url, options, more] }: ts.CallExpression): PlainCall {
  if (url === undefined || more !== undefined) return leave('its arguments are not a URL and options');
  const given = membersOf(options, ['method', 'headers', 'body'], 'options');
  const method = given.has('method') ? stringOf(given.get('method')) : 'GET';
  if (method === undefined || !methods.test(method)) return leave('its method is not written as a literal');
  const { headers, sendsToken, type } = readHeaders(given.get('headers'));
  const body = given.get('body');
  const sent = { by: 'fetch', method, url, headers, sendsToken, query: [] } as const;
  if (body === undefined) return sent;
  if (type !== 'application/json') leave('its body is not sent as application/json');
  return { ...sent, body: jsonOf(body) };
}

/** `x` of `JSON.stringify(x)`. */
function jsonOf(body: ts.Expression): ts.Expression {
  const isJson = ts.isCallExpression(body) && body.expression.getText() === 'JSON.stringify';
  const [value, more] = isJson ? body.arguments : [];
  return value === undefined || more !== undefined || ts.isSpreadElement(value)
    ? leave('its body is not JSON.stringify(…)')
    : value;
}

function readAxios(node: ts.CallExpression): PlainCall {
  const receiver = receiverOf(node.expression);
  const method = (memberOf(node.expression) ?? '').toUpperCase();
  const isImported =
    receiver !== undefined &&
    ts.isIdentifier(receiver) &&
    importsOf(node.getSourceFile()).get(receiver.text)?.from === 'axios';
  if (!isImported || !methods.test(method)) return leave('it is not axios.get, post, put, patch or delete');
  const hasBody = method.startsWith('P');
  const [url, ...rest] = node.arguments;
  const [body, options] = hasBody ? rest : [undefined, rest[0]];
  if (url === undefined || rest.length > (hasBody ? 2 : 1)) return leave('its arguments are not the usual');
  const given = membersOf(options, ['headers', 'params'], 'options');
  const { headers, sendsToken, type } = readHeaders(given.get('headers'));
  if (type !== undefined && type !== 'application/json') leave('its body is not sent as application/json');
  const query = given.has('params') ? elementsOf(given.get('params'), 'params') : [];
  return { by: 'axios', method, url, headers, sendsToken, query, ...(body !== undefined && { body }) };
}

/** The members of an object literal with these names alone; none where it is absent. */
function membersOf(
  node: ts.Expression | undefined,
  names: readonly string[],
  what: string,
): ReadonlyMap<string, ts.Expression> {
  const elements = node === undefined ? [] : elementsOf(node, what);
  return new Map(
    elements.map((element) => {
      const name = nameOf(element);
      if (!names.includes(name)) leave(`its ${what} have ${name}`);
      return [name, propertyOf(node, name) ?? leave(`its ${what} cannot be read`)];
    }),
  );
}

/** Of an object literal that is written in place and has neither spreads, computed names nor methods. */
function elementsOf(node: ts.Expression | undefined, what: string): readonly ts.ObjectLiteralElementLike[] {
  if (node === undefined || !ts.isObjectLiteralExpression(node))
    return leave(`its ${what} are not an object literal`);
  const names = node.properties.map(nameOf);
  if (new Set(names).size < names.length) leave(`its ${what} name something twice`);
  return node.properties;
}

function nameOf(element: ts.ObjectLiteralElementLike): string {
  const isPlain = ts.isPropertyAssignment(element) || ts.isShorthandPropertyAssignment(element);
  const name = isPlain && !ts.isComputedPropertyName(element.name) ? keyOf(element.name) : undefined;
  return name ?? leave('it has a spread, a computed name or a method');
}

interface Headers {
  /** Those that the typed client does not send by itself. */
  readonly headers: readonly ts.ObjectLiteralElementLike[];
  readonly sendsToken: boolean;
  readonly type?: string;
}

function readHeaders(node: ts.Expression | undefined): Headers {
  if (node === undefined) return { headers: [], sendsToken: false };
  const all = elementsOf(node, 'headers').map((element) => ({
    element,
    name: nameOf(element).toLowerCase(),
  }));
  const valueOf = (name: string): string | undefined => {
    const found = all.find((one) => one.name === name)?.element;
    if (found === undefined) return undefined;
    const text = ts.isPropertyAssignment(found) ? stringOf(found.initializer) : undefined;
    return text ?? leave(`its ${name} is not written as a literal`);
  };
  const [type, accept] = [valueOf('content-type'), valueOf('accept')];
  if (accept !== undefined && accept !== 'application/json') leave('it accepts something else than JSON');
  const taken = all.find(({ name }) => reserved.test(name));
  if (taken !== undefined) leave(`it sets the header ${taken.name}`);
  const kept = all.filter(({ name }) => name !== 'content-type' && name !== 'accept');
  return {
    headers: kept.map(({ element }) => element),
    sendsToken: kept.some(({ name }) => name === 'authorization' || name === 'cookie'),
    ...(type !== undefined && { type: type.replace(/;\s*charset=utf-8$/i, '') }),
  };
}
