import type { Obstacle, Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import { placeOf, ts, walk } from '../../syntax/tree.ts';
import { callsIn } from '../../syntax/calls.ts';
import { keyOf as nameOfMember, memberOf, propertyOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import type { Issued } from './jwt-issued.ts';
import { textsOf } from './token-shape.ts';
import { findWays } from './jwt-reach.ts';
import type { Survey } from '../../program/survey.ts';
import type { ImportWant } from '../../model/code-facts.ts';
import type { JwtFact } from '../../model/service.ts';
import type { PluginUse } from './jwt-signs.ts';
import { keyText, verifyCall } from './verify-keys.ts';
import { readFromOutside } from '../../program/outside-reads.ts';

/** One place where the service verifies a token. */
export interface Verification {
  readonly call: ts.CallExpression;
  readonly file: RelPath;
  readonly at: Place;
  readonly library: '@fastify/jwt' | 'jsonwebtoken' | 'jose' | 'fast-jwt';
  readonly namespace: string | undefined;
  readonly options: ts.Expression | undefined;
  /** `env:NAME` or a text; undefined when it cannot be seen. */
  readonly key: string | undefined;
  /** Names and URLs around it, in all ways in which it is come to. */
  readonly labels: readonly string[];
}

/** Every place in the service's own code where a token is verified. */
export function findVerifications(survey: Survey): readonly Verification[] {
  const mentions = /\bverify\b|[jJ]wtVerify\b|\bcreateVerifier\b/;
  return survey.files
    .filter((file) => mentions.test(survey.text(file)))
    .flatMap((file) => callsIn(survey.tree(file)).flatMap((call) => verificationOf(survey, call, file)));
}

function verificationOf(survey: Survey, call: ts.CallExpression, file: RelPath): readonly Verification[] {
  const byLibrary = verifyCall(call);
  const found = byLibrary === undefined ? byPlugin(survey, call) : { ...byLibrary, namespace: undefined };
  if (found === undefined) return [];
  const { secret, ...rest } = found;
  const key = secret === undefined ? undefined : keyText(survey, secret, file, new Map());
  const labels = findWays(survey, call, file).flatMap((way) => way.labels);
  return [{ ...rest, call, file, at: placeOf(call, file), key, labels }];
}

type Found = Pick<Verification, 'library' | 'namespace' | 'options'> & { secret: ts.Expression | undefined };

/** `request.jwtVerify(options)`, `request.accessJwtVerify(options)`, `app.jwt.access.verify(token, options)`. */
function byPlugin(
  survey: Survey,
  { arguments: [first, second], expression }: ts.CallExpression,
): Found | undefined {
  if (survey.head.manifest.dependencies['@fastify/jwt'] === undefined) return undefined;
  const [, named] = /^(?:(\w+)JwtVerify|jwtVerify)$/.exec(memberOf(expression) ?? '') ?? [];
  const library = '@fastify/jwt';
  const secret = undefined;
  if (/[jJ]wtVerify$/.test(memberOf(expression) ?? '')) {
    const isCallback = first !== undefined && ts.isFunctionLike(unwrap(first));
    return { library, secret, namespace: named, options: isCallback ? undefined : first };
  }
  const receiver = receiverOf(expression)?.getText() ?? '';
  const [, nested] = /(?:^|\.)jwt(?:\.(\w+))?$/.exec(receiver) ?? [undefined, undefined];
  const isIt = memberOf(expression) === 'verify' && /(^|\.)jwt(\.\w+)?$/.test(receiver);
  return isIt ? { library, secret, namespace: nested, options: second } : undefined;
}

/** What the service's own guard demands of a token, as options of the library; expressions that another file can have. */
export interface VerifyOptions {
  readonly entries: ReadonlyMap<string, string>;
  readonly imports: readonly ImportWant[];
  readonly obstacles: readonly Obstacle[];
}

/** Options that say what is accepted; the verifier pins algorithm and key itself, and never ignores an expiry. */
const demands: Readonly<Record<Verification['library'], RegExp>> = {
  '@fastify/jwt': /^(?:allowed(?:Iss|Aud|Sub|Jti|Nonce)|requiredClaims|maxAge|clockTolerance|checkTyp)$/,
  'fast-jwt': /^(?:allowed(?:Iss|Aud|Sub|Jti|Nonce)|requiredClaims|maxAge|clockTolerance|checkTyp)$/,
  jsonwebtoken: /^(?:issuer|audience|subject|jwtid|nonce|maxAge|clockTolerance)$/,
  jose: /^(?:issuer|audience|subject|typ|maxTokenAge|clockTolerance|requiredClaims)$/,
};
const forAudience = /^(?:allowedAud|audience)$/;
const forIssuer = /^(?:allowedIss|issuer)$/;
const otherUse =
  /refresh|reset|forgot|invit|confirm|magic|unsubscri|activat|download|share|recover|mail|otp(?![a-z])|mfa|2fa|challenge/i;
const asksForToken = /auth|guard|protect|require|jwt|session|current|access|token|^\/?me$/i;

/** The verifications that guard the service's own routes, as far as the code says. */
export function findGuarding(
  survey: Survey,
  all: readonly Verification[],
  logins: readonly Issued[],
): readonly Verification[] {
  const [login] = logins;
  const possible = all.filter((one) => {
    const isSameKey = one.key === undefined || login?.key === undefined || one.key === login.key;
    const isPlugin =
      one.library === '@fastify/jwt' && /^(?:@fastify\/jwt|keys)$/.test(login?.sign.library ?? '');
    const isOther = one.labels.some((label) => otherUse.test(label)) || contradicts(survey, one, logins);
    return isSameKey && !isOther && (!isPlugin || one.namespace === login?.sign.namespace);
  });
  const guarding = possible.filter(
    (one) => isHook(one) || one.labels.some((label) => asksForToken.test(label)),
  );
  return guarding.length > 0 ? guarding : possible;
}

function isHook({ call }: Verification): boolean {
  return (
    ts.findAncestor(call, (at) => ts.isCallExpression(at) && memberOf(at.expression) === 'addHook') !==
    undefined
  );
}

/** It asks for an audience or an issuer that the tokens of the login do not have. */
function contradicts(survey: Survey, one: Verification, logins: readonly Issued[]): boolean {
  return membersOf(survey, one).some(({ name, value }) => {
    const claim = forAudience.test(name) ? 'aud' : forIssuer.test(name) ? 'iss' : undefined;
    const texts = value && textsOf(value, { survey, file: one.file, given: new Map() });
    if (claim === undefined || texts === undefined) return false;
    return (
      logins.length > 0 &&
      logins.every(({ shape }) => shape.claims.get(claim)?.every((text) => !texts.includes(text)) === true)
    );
  });
}

/**
 * Takes over what those verifications demand, for the library that the verifier uses, and what its plugin demands: options
 * of one call replace those of @fastify/jwt before 10, and with them its demands.
 */
export function takeOverOptions(
  survey: Survey,
  guarding: readonly Verification[],
  library: JwtFact['library'],
  plugin: PluginUse | undefined,
): VerifyOptions {
  const entries = new Map<string, string>();
  const imports: ImportWant[] = [];
  const obstacles: Obstacle[] = [];
  for (const one of guarding) {
    for (const { name, value } of membersOf(survey, one)) {
      if (name !== '' && !demands[one.library].test(name)) continue;
      const read = value && readFromOutside(survey, value, one.file);
      const isUsable = read !== undefined && one.library === library;
      if (!isUsable || (!library.endsWith('jwt') && read.expression.startsWith('app.')))
        obstacles.push(outOfReach(one, name, library));
      else if ((entries.get(name) ?? read.expression) !== read.expression) obstacles.push(atOdds(one, name));
      else {
        entries.set(name, read.expression);
        imports.push(...read.imports);
      }
    }
  }
  const global = pluginDemands(survey, plugin);
  const hidden = global.filter(({ read }) => read === undefined);
  if (hidden.length > 0 && entries.size > 0) obstacles.push(...hidden.map(outOfPlugin));
  for (const { name, read } of hidden.length > 0 ? [] : global) {
    if (read === undefined || entries.has(name)) continue;
    entries.set(name, read.expression);
    imports.push(...read.imports);
  }
  return { entries, imports, obstacles };
}

interface PluginDemand {
  readonly name: string;
  readonly at: Place;
  readonly read: ReturnType<typeof readFromOutside>;
}

/** What @fastify/jwt demands of every token: `register(fastifyJwt, { verify: { allowedIss } })`. */
function pluginDemands(survey: Survey, plugin: PluginUse | undefined): readonly PluginDemand[] {
  const options = propertyOf(plugin?.options, 'verify');
  if (plugin === undefined || options === undefined) return [];
  const { file } = plugin;
  return membersOf(survey, { file, options })
    .filter(({ name }) => name === '' || demands['@fastify/jwt'].test(name))
    .map(({ name, value }) => ({
      name,
      at: placeOf(value ?? options, file),
      read: value && readFromOutside(survey, value, file),
    }));
}

interface Member {
  /** Empty for what cannot be read: a spread, or options from elsewhere. */
  readonly name: string;
  readonly value: ts.Expression | undefined;
}

function membersOf(
  survey: Survey,
  { file, options }: Pick<Verification, 'file' | 'options'>,
): readonly Member[] {
  if (options === undefined) return [];
  const found = survey.names.objectOf(propertyOf(options, 'verify') ?? options, file)?.node;
  if (found === undefined) return [{ name: '', value: undefined }];
  return found.properties.map((member) => {
    const name = member.name === undefined ? undefined : nameOfMember(member.name);
    return name === undefined ? { name: '', value: undefined } : { name, value: propertyOf(found, name) };
  });
}

function outOfPlugin({ at, name }: PluginDemand): Obstacle {
  return outOfReach({ at, library: '@fastify/jwt' }, name, '@fastify/jwt');
}

function outOfReach(
  { at, library: own }: Pick<Verification, 'at' | 'library'>,
  name: string,
  library: string,
): Obstacle {
  const what = name === '' ? 'options' : `\`${name}\``;
  const why =
    own === library || library === 'none'
      ? 'another file cannot reach'
      : `of ${own} ${library} does not know`;
  return {
    code: 'E_TOKEN_POLICY',
    at,
    message: `Tokens are verified here with ${what} that ${why}: the verify route would accept tokens that this service refuses.`,
    remedy:
      'Write the required value as a literal, an exported constant or a configuration value, and run the command again.',
  };
}

function atOdds({ at }: Verification, name: string): Obstacle {
  return {
    code: 'E_TOKEN_POLICY',
    at,
    message: `\`${name}\` differs here from other verifications in this service.`,
    remedy: 'Verify login tokens in one function, with one set of options, and run the command again.',
  };
}

/** A cookie that the service reads. */
export interface ReadCookie {
  readonly name: string;
  readonly signed: boolean;
}

/** Cookies that may hold a token: the one of @fastify/jwt, and those that the service's own code reads. */
export function findCookies(survey: Survey, plugin: PluginUse | undefined): readonly ReadCookie[] {
  const cookie = propertyOf(plugin?.options, 'cookie');
  const byPlugin = plugin && survey.names.textOf(propertyOf(cookie, 'cookieName'), plugin.file);
  const isSigned = propertyOf(cookie, 'signed')?.kind === ts.SyntaxKind.TrueKeyword;
  const found = new Map<string, boolean>(byPlugin === undefined ? [] : [[byPlugin, isSigned]]);
  for (const file of survey.files.filter((one) => /\bcookies\b/.test(survey.text(one)))) {
    walk(survey.tree(file), (node) => {
      const access =
        ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) ? node : undefined;
      const receiver = access && receiverOf(access);
      if (access === undefined || receiver === undefined || memberOf(receiver) !== 'cookies') return true;
      const name = ts.isElementAccessExpression(access)
        ? survey.names.textOf(access.argumentExpression, file)
        : access.name.text;
      if (name !== undefined) found.set(name, (found.get(name) ?? false) || isUnsigned(access));
      return true;
    });
  }
  return [...found].map(([name, signed]) => ({ name, signed }));
}

/** `request.unsignCookie(request.cookies.token)` */
function isUnsigned(access: ts.Node): boolean {
  const call = ts.findAncestor(access, ts.isCallExpression);
  return call !== undefined && memberOf(call.expression) === 'unsignCookie';
}
