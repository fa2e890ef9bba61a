import type { TypedRoute } from '../_engine/facts/route-types/shape.ts';
import type { Survey } from '../_engine/program/survey.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import { readEnv } from '../_engine/program/env-reads.ts';
import { memberOf, unwrap } from '../_engine/syntax/expressions.ts';
import { escapePattern } from '../_engine/syntax/print.ts';
import { ts } from '../_engine/syntax/tree.ts';
import type { CallMethod } from './methods.ts';
import { patternOf } from './methods.ts';
import { leave } from '../_engine/program/call-scope.ts';

/** A value that goes into a URL: code, or text. */
export type UrlValue = Readonly<{ code: ts.Expression } | { text: string }>;

/** A URL in its parts: what it begins with, and the values of its path and query. */
export interface CalledUrl {
  readonly base: ts.Expression | undefined;
  /** The origin where it is written into the code. */
  readonly origin: string | undefined;
  readonly segments: readonly UrlValue[];
  readonly query: readonly (readonly [name: string, value: UrlValue])[];
}

/** Takes a URL apart: `${base}/invoices/${id}?paid=${paid}`. @throws Left */
export function readUrl(url: ts.Expression): CalledUrl {
  const parts = partsOf(url).filter((part) => !('text' in part) || part.text !== '');
  const [first, ...others] = parts;
  if (first === undefined) return leave('its URL is empty');
  const origin = 'text' in first ? /^https?:\/\/[\w.-]+(?::\d+)?(?=\/|$)/.exec(first.text)?.[0] : undefined;
  if ('text' in first && origin === undefined)
    return leave('its URL begins with neither a name nor an origin');
  const rest = 'text' in first ? [{ text: first.text.slice(origin?.length) }, ...others] : others;
  const [path, query] = splitQuery(rest);
  return {
    base: 'code' in first ? first.code : undefined,
    origin,
    segments: segmentsOf(path),
    query: query === undefined ? [] : queryOf(query),
  };
}

function partsOf(node: ts.Expression): readonly UrlValue[] {
  const bare = ts.isParenthesizedExpression(node) ? node.expression : node;
  if (ts.isStringLiteralLike(bare)) return [{ text: bare.text }];
  if (ts.isTemplateExpression(bare))
    return [
      { text: bare.head.text },
      ...bare.templateSpans.flatMap((span): readonly UrlValue[] => [
        { code: span.expression },
        { text: span.literal.text },
      ]),
    ];
  const isSum = ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return isSum ? [...partsOf(bare.left), ...partsOf(bare.right)] : [{ code: bare }];
}

/** The parts of a text between two signs, each with what stands between them. */
function splitAt(parts: readonly UrlValue[], sign: string): readonly (readonly UrlValue[])[] {
  const pieces: UrlValue[][] = [[]];
  for (const part of parts) {
    if ('code' in part) pieces.at(-1)?.push(part);
    else
      for (const [index, text] of part.text.split(sign).entries()) {
        if (index > 0) pieces.push([]);
        if (text !== '') pieces.at(-1)?.push({ text });
      }
  }
  return pieces;
}

function splitQuery(
  parts: readonly UrlValue[],
): readonly [path: readonly UrlValue[], query?: readonly UrlValue[]] {
  const [path = [], query, more] = splitAt(parts, '?');
  if (more !== undefined) leave('its URL has two question marks');
  return query === undefined ? [path] : [path, query];
}

function segmentsOf(path: readonly UrlValue[]): readonly UrlValue[] {
  const [before = [], ...segments] = splitAt(path, '/');
  if (before.length > 0 || segments.length === 0) leave('its path does not begin with a slash');
  return segments.map((segment) => {
    const value = single(segment) ?? leave('a part of its path is put together');
    const isOdd = 'text' in value && !/^(?!\.{1,2}$)[\w.~-]*$/.test(value.text);
    return isOdd ? leave('its path has signs that are written in another way in a route') : value;
  });
}

function queryOf(query: readonly UrlValue[]): CalledUrl['query'] {
  return splitAt(query, '&').map((pair) => {
    const [name = [], value, more] = splitAt(pair, '=');
    const key = single(name);
    if (key === undefined || 'code' in key || !/^[\w.-]+$/.test(key.text) || value === undefined || more)
      return leave('its query is not written as name=value');
    const given = single(value) ?? leave('a value of its query is put together');
    if ('text' in given && !/^[\w.~-]+$/.test(given.text)) leave('its query has signs that are encoded');
    return [key.text, given];
  });
}

/** The one value of a piece; an empty text for none. */
function single(piece: readonly UrlValue[]): UrlValue | undefined {
  const [first, more] = piece;
  return more === undefined ? (first ?? { text: '' }) : undefined;
}

/** The values of the parameters of a route. */
type Params = readonly (readonly [name: string, value: UrlValue])[];

/** The method whose route a call asks for, with its parameters. @throws Left */
export function matchRoute(
  methods: readonly CallMethod[],
  verb: string,
  segments: readonly UrlValue[],
): Readonly<{ method: CallMethod; params: Params }> {
  const found = methods.flatMap((method) => {
    const params = paramsIn(method.typed, verb, segments);
    return params === undefined ? [] : [{ method, params }];
  });
  // Where a literal fits and a parameter too, the router takes the literal.
  const [best, other] = found.toSorted((a, b) => a.params.length - b.params.length);
  if (best === undefined) return leave('the typed client has no method for that route');
  const isClear = other === undefined || other.params.length > best.params.length;
  return isClear ? best : leave('several routes fit its URL');
}

function paramsIn({ route }: TypedRoute, verb: string, segments: readonly UrlValue[]): Params | undefined {
  const wanted = patternOf(route.url).split('/').slice(1);
  if (route.method !== verb || wanted.length !== segments.length || /[()*?]/.test(route.url))
    return undefined;
  const params: (readonly [string, UrlValue])[] = [];
  for (const [index, pattern] of wanted.entries()) {
    const given = segments[index];
    const name = /^:(\w+)$/.exec(pattern)?.[1];
    if (given === undefined) return undefined;
    if (name !== undefined && !('text' in given && given.text === '')) params.push([name, given]);
    else if (!('text' in given) || given.text !== pattern) return undefined;
  }
  return params;
}

/** Where a call's URL comes from for certain: a variable of the environment, or the code. */
export interface CertainBase {
  readonly env?: string;
  readonly url?: string;
}

/** `usual`: how files of the service read the variable of the client. @throws Left where somebody may change it */
export function readBase(
  survey: Survey,
  { base, origin }: CalledUrl,
  path: RelPath,
  usual: string,
): CertainBase {
  if (base === undefined) return origin === undefined ? {} : { url: origin };
  const bare = unwrap(base);
  const value = survey.names.valueOf(bare, path);
  if (value.kind === 'text') return { url: value.text };
  const isKnown = value.kind === 'env' || bare.getText() === usual;
  const { env, fallback } = isKnown ? readEnv(survey, bare, path) : {};
  if (env === undefined || isAssigned(survey, [env, memberOf(bare) ?? env]))
    return leave('its URL is not the same for certain at any time');
  return { env, ...(fallback !== undefined && { url: fallback }) };
}

/** Whether code of the service sets a member, or a variable of the environment, of one of these names. */
function isAssigned(survey: Survey, names: readonly string[]): boolean {
  const name = `(?:\\.|\\[['"\`])(?:${names.map(escapePattern).join('|')})\\b(?:['"\`]\\])?`;
  return survey.filesMatching(new RegExp(`${name}\\s*(?:\\?\\?|\\|\\||&&)?=(?![=>])`)).length > 0;
}
