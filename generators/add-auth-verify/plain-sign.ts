import { findPluginUse } from '../_engine/facts/auth/jwt.ts';
import type { Issued } from '../_engine/facts/auth/jwt-issued.ts';
import type { Sign } from '../_engine/facts/auth/jwt-signs.ts';
import type { Survey } from '../_engine/program/survey.ts';
import { memberOf, propertyOf, receiverOf, stringOf, unwrap } from '../_engine/syntax/expressions.ts';
import { ts } from '../_engine/syntax/tree.ts';

/** A sign call in the plain shape of its library. */
export interface PlainSign {
  /** The whole expression, `await` included. */
  readonly node: ts.Expression;
  readonly payload: ts.Expression;
  /** Seconds, as code. */
  readonly lifetime: string;
  /** Claims that are options of the call. */
  readonly more: readonly (readonly [claim: string, value: ts.Expression])[];
  /** What is there for the library alone. */
  readonly goes: readonly ts.Expression[];
  /** How the code gets at the Fastify instance, where the call itself tells. */
  readonly instance?: string;
}

/** The claim is absent, or the very text that the keys sign. */
export function isOurs({ claims, possible }: Issued['shape'], claim: string, text: string): boolean {
  const texts = claims.get(claim);
  return !possible.has(claim) && (!claims.has(claim) || (texts?.length === 1 && texts[0] === text));
}

type Read = (survey: Survey, sign: Sign) => PlainSign | undefined;
type Options = ReadonlyMap<string, ts.Expression>;

const readers: Readonly<Record<string, Read>> = {
  '@fastify/jwt': readReplySign,
  jsonwebtoken: readJsonwebtoken,
  jose: readJose,
  'fast-jwt': readFastJwt,
};

/** Undefined for any other shape, and for a token without a lifetime that is written out. */
export function readPlainSign(survey: Survey, sign: Sign): PlainSign | undefined {
  const plain = readers[sign.library]?.(survey, sign);
  return plain === undefined || ts.isSpreadElement(plain.payload) ? undefined : plain;
}

/** `await reply.jwtSign(claims, { expiresIn: '15m' })`; the lifetime may be that of the registration. */
function readReplySign(survey: Survey, { call, namespace }: Sign): PlainSign | undefined {
  if (!ts.isCallExpression(call) || memberOf(call.expression) !== 'jwtSign') return undefined;
  const [payload, given, more] = call.arguments;
  const reply = receiverOf(call.expression);
  const node = awaited(call);
  if (payload === undefined || more !== undefined || node === undefined) return undefined;
  if (reply === undefined || !ts.isIdentifier(reply)) return undefined;
  const options = optionsOf(propertyOf(given, 'sign') ?? given, ['expiresIn']);
  const usual = propertyOf(findPluginUse(survey, namespace)?.options, 'sign');
  const registered = optionsOf(usual, ['algorithm', 'aud', 'expiresIn', 'iss']);
  if (options === undefined || registered === undefined) return undefined;
  const lifetime = secondsOf(options.get('expiresIn') ?? registered.get('expiresIn'), 0.001);
  if (lifetime === undefined) return undefined;
  return { node, payload, lifetime, more: [], goes: [], instance: `${reply.text}.server` };
}

/** `jwt.sign(claims, secret, { expiresIn: '15m' })` */
function readJsonwebtoken(_survey: Survey, { call }: Sign): PlainSign | undefined {
  if (!ts.isCallExpression(call)) return undefined;
  const [payload, secret, given, callback] = call.arguments;
  const known = ['algorithm', 'audience', 'expiresIn', 'issuer', 'jwtid', 'subject'];
  const options = given && optionsOf(given, known);
  const lifetime = secondsOf(options?.get('expiresIn'), 1);
  if (payload === undefined || secret === undefined || given === undefined) return undefined;
  if (callback !== undefined || options === undefined || lifetime === undefined) return undefined;
  const goes = [call.expression, secret, given];
  return {
    node: awaited(call) ?? call,
    payload,
    lifetime,
    more: claimsIn(options, 'subject', 'jwtid'),
    goes,
  };
}

/** `createSigner({ key, expiresIn: '15m' })(claims)` */
function readFastJwt(_survey: Survey, { call, options: given }: Sign): PlainSign | undefined {
  const signing = call.parent;
  if (!ts.isCallExpression(call) || !ts.isCallExpression(signing) || signing.expression !== call)
    return undefined;
  const [payload, callback] = signing.arguments;
  const options = given && optionsOf(given, ['algorithm', 'aud', 'expiresIn', 'iss', 'jti', 'key', 'sub']);
  const lifetime = secondsOf(options?.get('expiresIn'), 0.001);
  if (payload === undefined || callback !== undefined) return undefined;
  if (options === undefined || lifetime === undefined) return undefined;
  const node = awaited(signing) ?? signing;
  return { node, payload, lifetime, more: claimsIn(options, 'sub', 'jti'), goes: [call] };
}

/** `await new SignJWT(claims).setProtectedHeader({ alg }).setIssuedAt().setExpirationTime('15m').sign(secret)` */
function readJose(_survey: Survey, { call }: Sign): PlainSign | undefined {
  if (!ts.isNewExpression(call)) return undefined;
  const [payload] = call.arguments ?? [];
  const steps = new Map<string, readonly ts.Expression[]>();
  let end: ts.Expression = call;
  while (ts.isPropertyAccessExpression(end.parent) && ts.isCallExpression(end.parent.parent)) {
    steps.set(end.parent.name.text, [...end.parent.parent.arguments]);
    end = end.parent.parent;
  }
  const node = awaited(end);
  const isKnown = [...steps.keys()].every((name) => joseSteps.includes(name));
  const header = optionsOf(steps.get('setProtectedHeader')?.[0], ['alg', 'typ']);
  const isUsual =
    (stringOf(header?.get('typ')) ?? 'JWT') === 'JWT' && (steps.get('setIssuedAt') ?? []).length === 0;
  const lifetime = secondsOf(steps.get('setExpirationTime')?.[0], undefined);
  const isDone = steps.has('sign') && isKnown && isUsual && header !== undefined;
  if (payload === undefined || node === undefined || lifetime === undefined || !isDone) return undefined;
  const given = new Map([...steps].flatMap(([name, [value]]) => (value ? [[name, value] as const] : [])));
  const goes = [
    call.expression,
    ...['sign', 'setIssuer', 'setAudience'].flatMap((name) => given.get(name) ?? []),
  ];
  return { node, payload, lifetime, more: claimsIn(given, 'setSubject', 'setJti'), goes };
}

const joseSteps = [
  ...['setProtectedHeader', 'setIssuedAt', 'setExpirationTime', 'setIssuer', 'setAudience'],
  ...['setSubject', 'setJti', 'sign'],
];

function claimsIn(options: Options, subject: string, id: string): PlainSign['more'] {
  const [sub, jti] = [options.get(subject), options.get(id)];
  return [
    ...(sub === undefined ? [] : [['sub', sub] as const]),
    ...(jti === undefined ? [] : [['jti', jti] as const]),
  ];
}

function awaited(call: ts.Expression): ts.AwaitExpression | undefined {
  return ts.isAwaitExpression(call.parent) ? call.parent : undefined;
}

/** The members of an object literal, none where there is no object; undefined if it has others, or cannot be read. */
function optionsOf(given: ts.Expression | undefined, known: readonly string[]): Options | undefined {
  if (given === undefined) return new Map();
  const object = unwrap(given);
  if (!ts.isObjectLiteralExpression(object)) return undefined;
  const entries = object.properties.map(
    (one) => [one.name?.getText() ?? '', propertyOf(object, one.name?.getText() ?? '')] as const,
  );
  const isKnown = entries.every(([name, value]) => known.includes(name) && value !== undefined);
  return isKnown ? new Map(entries as readonly (readonly [string, ts.Expression])[]) : undefined;
}

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const duration = /^(\d+) ?(s|m|h|d|w|secs?|mins?|hrs?|seconds?|minutes?|hours?|days?|weeks?)$/;

/** `'15m'`, or a number of units that are so many seconds each; undefined for what is no whole number above 0. */
function secondsOf(value: ts.Expression | undefined, unit: number | undefined): string | undefined {
  const [, amount, name = ''] = duration.exec(stringOf(value) ?? '') ?? [];
  const bare = value && unwrap(value);
  const number =
    bare !== undefined && ts.isNumericLiteral(bare) ? Number(bare.text) * (unit ?? Number.NaN) : 0;
  const found = amount === undefined ? number : Number(amount) * (seconds[name[0] ?? ''] ?? 0);
  return Number.isSafeInteger(found) && found > 0 ? String(found) : undefined;
}
