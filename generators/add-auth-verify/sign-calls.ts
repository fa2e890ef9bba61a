import { findPluginUse } from '../_engine/facts/auth/jwt.ts';
import type { Issued } from '../_engine/facts/auth/jwt-issued.ts';
import { namespaceOf } from '../_engine/facts/auth/jwt-signs.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { insertion, type TextChange } from '../_engine/model/text-change.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { callsIn } from '../_engine/syntax/calls.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from '../_engine/syntax/expressions.ts';
import { parseSource, ts } from '../_engine/syntax/tree.ts';
import type { VerifyFiles } from './files.ts';
import type { TokenPolicy } from './token-policy.ts';
import type { SigningKeys } from './view.ts';

/** Options of a sign call that the keys leave as they are. */
const keptOptions = ['expiresIn', 'jti', 'notBefore', 'sub'];

/** Signs the tokens of the login with the keys; a note says what to write where the call has another shape. */
export function planSignCalls(
  draft: Draft,
  repo: Repo,
  service: Service,
  { plugin }: VerifyFiles,
  keys: SigningKeys,
  { logins }: TokenPolicy,
): void {
  const survey = openSurvey(repo, service);
  for (const login of new Map(logins.map((one) => [one.sign.call, one])).values()) {
    const { call, library, line, path } = login.sign;
    if (/\bsigningOptions\b/.test(call.getText())) continue;
    const options = optionsFor(survey, login, keys);
    if (options === undefined) draft.note(byHand(library, `${path}:${String(line)}`));
    else draft.patch(path, 'registration', (base) => addOptions(base, call.getText(), options));
  }
  const tests = survey.tests.filter((test) => /\bjwt\.verify\(/.test(survey.text(test)));
  draft.note(
    `Step 2 of 2: once the last token of the secret has expired, remove the argument of keys.createVerifier in ${plugin}, and the secret where nothing else uses it.`,
  );
  if (tests.length === 0) return;
  draft.note(
    `Tests that verify tokens of the login with the secret fail now; app.verifyToken(token) accepts them: ${tests.join(', ')}.`,
  );
}

function byHand(library: Service['jwt']['library'], place: string): string {
  return library === '@fastify/jwt'
    ? `Sign with the current key at ${place} by hand: app.jwt.sign(claims, { ...app.signingOptions, expiresIn }), without an iss or aud of its own.`
    : `Sign with the current key at ${place} by hand: app.signToken(claims, lifetimeS), with the lifetime in seconds.`;
}

/** What verifies with the secret itself refuses every token of the keys. */
export function signObstacles({ guarding }: TokenPolicy): readonly Obstacle[] {
  return guarding.map(({ at }) => ({
    code: 'E_TOKEN_POLICY',
    at,
    message: 'Tokens are verified with the secret here: with --sign keys, tokens of new logins are refused.',
    remedy: 'Verify with app.verifyToken(token) here, deploy that, and run the command again.',
    manual: 'const claims = await app.verifyToken(token);',
  }));
}

/** The options as an argument, or first among those of the call; [] unless the file has the call once. */
function addOptions(base: string, text: string, options: string): readonly TextChange[] {
  const source = parseSource('login.ts', base);
  const [call, other] = callsIn(source).filter((one) => one.getText(source) === text);
  const [payload, own] = call?.arguments ?? [];
  if (payload === undefined || other !== undefined) return [];
  if (own === undefined) return [insertion(payload.getEnd(), `, ${options}`)];
  return [insertion(unwrap(own).getStart(source) + 1, ` ...${options},`)];
}

/**
 * `app.signingOptions`, for a call of @fastify/jwt as `app.jwt.sign(claims, { expiresIn: '1h' })` or `reply.jwtSign(claims)`;
 * undefined for another shape, for a token that does not expire, and for one with an issuer or audience of its own.
 */
function optionsFor(survey: Survey, { shape, sign }: Issued, keys: SigningKeys): string | undefined {
  const { call, library, options, payload } = sign;
  const receiver = receiverOf(call.expression);
  const isShort = ts.isCallExpression(call) && call.arguments.length <= 2;
  if (library !== '@fastify/jwt' || !isShort || payload === undefined || receiver === undefined)
    return undefined;
  const own = options === undefined ? undefined : unwrap(options);
  const isPlain = own === undefined || (ts.isObjectLiteralExpression(own) && hasOnly(own, keptOptions));
  const registered = propertyOf(findPluginUse(survey, namespaceOf(sign))?.options, 'sign');
  const expires = [options, registered].some((one) => propertyOf(one, 'expiresIn') !== undefined);
  const isOurs = (['iss', 'aud'] as const).every((claim) => {
    const texts = shape.claims.get(claim);
    const wanted = claim === 'iss' ? keys.issuer : keys.audience;
    return (
      !shape.possible.has(claim) && (!shape.claims.has(claim) || (texts?.length === 1 && texts[0] === wanted))
    );
  });
  if (!isPlain || !isOurs || !(expires || shape.claims.has('exp'))) return undefined;
  const isReply = memberOf(call.expression) !== 'sign';
  const instance = isReply ? `${receiver.getText()}.server` : /^(.+?)\.jwt\b/s.exec(receiver.getText())?.[1];
  return instance === undefined ? undefined : `${instance}.signingOptions`;
}

function hasOnly({ properties }: ts.ObjectLiteralExpression, names: readonly string[]): boolean {
  return properties.every(({ name }) => name !== undefined && names.includes(name.getText()));
}
