import type { ImportWant } from '../../model/import-want.ts';
import type { Obstacle } from '../../model/obstacle.ts';
import type { JwtFact } from '../../model/resource-facts.ts';
import { ts } from '../../syntax/tree.ts';
import { keyOf as nameOfMember, memberOf, propertyOf } from '../../syntax/expressions.ts';
import type { Issued } from './jwt-issued.ts';
import { textsOf } from './jwt-shape.ts';
import { namespaceOf } from './jwt-signs.ts';
import type { Verification } from './jwt-verifies.ts';
import { readFromOutside } from '../../program/outside-reads.ts';
import type { Survey } from '../../program/survey.ts';

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
  const namespace = login === undefined ? undefined : namespaceOf(login.sign);
  const possible = all.filter((one) => {
    const isSameKey = one.key === undefined || login?.key === undefined || one.key === login.key;
    const isPlugin = one.library === '@fastify/jwt' && login?.sign.library === '@fastify/jwt';
    const isOther = one.labels.some((label) => otherUse.test(label)) || contradicts(survey, one, logins);
    return isSameKey && !isOther && (!isPlugin || one.namespace === namespace);
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

/** Takes over what those verifications demand, for the library that the verifier uses. */
export function takeOverOptions(
  survey: Survey,
  guarding: readonly Verification[],
  library: JwtFact['library'],
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
  return { entries, imports, obstacles };
}

interface Member {
  /** Empty for what cannot be read: a spread, or options from elsewhere. */
  readonly name: string;
  readonly value: ts.Expression | undefined;
}

function membersOf(survey: Survey, { file, options }: Verification): readonly Member[] {
  if (options === undefined) return [];
  const nested = propertyOf(options, 'verify') ?? options;
  const found = survey.names.value(nested, file)?.node;
  if (found === undefined || !ts.isExpression(found) || !ts.isObjectLiteralExpression(found))
    return [{ name: '', value: undefined }];
  return found.properties.map((member) => {
    const name = member.name === undefined ? undefined : nameOfMember(member.name);
    return name === undefined ? { name: '', value: undefined } : { name, value: propertyOf(found, name) };
  });
}

function outOfReach({ at, library: own }: Verification, name: string, library: string): Obstacle {
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
