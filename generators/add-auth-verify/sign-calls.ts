import { findPluginUse } from '../_engine/facts/auth/jwt.ts';
import type { Issued } from '../_engine/facts/auth/jwt-issued.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { insertion, type TextChange } from '../_engine/model/text-change.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { callsIn } from '../_engine/syntax/calls.ts';
import { propertyOf, receiverOf, stringOf, unwrap } from '../_engine/syntax/expressions.ts';
import { printString } from '../_engine/syntax/print.ts';
import { parseSource, ts } from '../_engine/syntax/tree.ts';
import type { VerifyFiles } from './files.ts';
import { type MovedCall, movedCall, moveSignCalls } from './moved-sign-calls.ts';
import { isOurs } from './plain-sign.ts';
import type { TokenPolicy } from './token-policy.ts';
import type { SigningKeys } from './view.ts';

/** Options of a sign call that the keys leave as they are. */
const keptOptions = ['expiresIn', 'jti', 'notBefore', 'sub'];
/** Options of the registration that are replaced by those of the keys, or copied. */
const replacedOptions = ['algorithm', 'aud', 'expiresIn', 'iss'];

/**
 * Signs the tokens of the login with the keys; a note says what to write where the call has another shape. Before the other
 * changes of these files.
 */
export function planSignCalls(
  draft: Draft,
  repo: Repo,
  service: Service,
  { plugin }: VerifyFiles,
  keys: SigningKeys,
  { logins, others }: TokenPolicy,
): void {
  const survey = openSurvey(repo, service);
  const moved: MovedCall[] = [];
  const byCall = new Map<ts.Node, Issued>(logins.map((one) => [one.sign.call, one]));
  for (const login of byCall.values()) {
    const { byKeys, call, library, line, path } = login.sign;
    if (byKeys) continue;
    const alike = callsIn(survey.tree(path)).filter((one) => one.getText() === call.getText());
    // A call of the same text for something else cannot be told apart once the plan has changed the file.
    const isClear = alike.every((one) => byCall.has(one));
    const found = isClear ? insertionFor(survey, login, keys) : undefined;
    // Its tokens for something else may be verified with the secret.
    const isShared = others.some(({ sign }) => sign.call === call);
    const move = found === undefined && !isShared ? movedCall(survey, login, keys) : undefined;
    if (move !== undefined) moved.push(move);
    else if (found === undefined) draft.note(byHand(library, `${path}:${String(line)}`));
    else draft.patch(path, 'registration', (base) => addOptions(base, call.getText(), found));
  }
  moveSignCalls(draft, survey, moved);
  const tests = survey.tests.filter((test) => /\bjwt\.verify\(/.test(survey.text(test)));
  draft.note(
    `Step 2 of 2: once the last token of the secret has expired, remove the argument of keys.createVerifier in ${plugin}, and the secret where nothing else uses it.`,
  );
  if (tests.length === 0) return;
  draft.note(
    `Tests that verify tokens of the login with the secret fail now; app.verifyToken(token) accepts them: ${tests.join(', ')}.`,
  );
}

function byHand(library: Issued['sign']['library'], place: string): string {
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

/** An argument, or the first of the options that the call has. */
interface Insertion {
  readonly options: string;
  /** A lifetime that is copied from the registration: @fastify/jwt before 10.2.8 ignores it beside options of a call. */
  readonly expiresIn: string | number | undefined;
}

/** Adds it to each call of that text, which other changes of the plan may have moved. */
function addOptions(base: string, text: string, { expiresIn, options }: Insertion): readonly TextChange[] {
  const source = parseSource('login.ts', base);
  const { quote } = detectStyle([base]);
  const lifetime = typeof expiresIn === 'string' ? printString(expiresIn, quote) : String(expiresIn);
  const argument = expiresIn === undefined ? options : `{ ...${options}, expiresIn: ${lifetime} }`;
  return callsIn(source)
    .filter((call) => call.getText(source) === text)
    .flatMap(({ arguments: [payload, own] }) => {
      if (own !== undefined) return [insertion(unwrap(own).getStart(source) + 1, ` ...${options},`)];
      return payload === undefined ? [] : [insertion(payload.getEnd(), `, ${argument}`)];
    });
}

/**
 * What to add to `app.jwt.sign(claims, { expiresIn: '1h' })`; undefined for another shape, for a token that does not expire,
 * and for one with an issuer or audience of its own. Not for `reply.jwtSign`, which ignored the key before 10.2.8.
 */
function insertionFor(survey: Survey, { shape, sign }: Issued, keys: SigningKeys): Insertion | undefined {
  const { call, library, options, payload } = sign;
  if (!ts.isCallExpression(call)) return undefined;
  const [, instance] = /^(.+)\.jwt\b/s.exec(receiverOf(call.expression)?.getText() ?? '') ?? [];
  const isShort = call.arguments.length <= 2 && payload !== undefined;
  if (library !== '@fastify/jwt' || !isShort || instance === undefined) return undefined;
  const registered = propertyOf(findPluginUse(survey, sign.namespace)?.options, 'sign');
  if (!hasOnly(options, keptOptions) || !hasOnly(registered, replacedOptions)) return undefined;
  if (!isOurs(shape, 'iss', keys.issuer) || !isOurs(shape, 'aud', keys.audience)) return undefined;
  const found = { options: `${instance}.signingOptions`, expiresIn: undefined };
  if (propertyOf(options, 'expiresIn') !== undefined || shape.claims.has('exp')) return found;
  const expiresIn = literalOf(propertyOf(registered, 'expiresIn'));
  return expiresIn === undefined || options !== undefined ? undefined : { ...found, expiresIn };
}

function literalOf(value: ts.Expression | undefined): string | number | undefined {
  return value !== undefined && ts.isNumericLiteral(value) ? Number(value.text) : stringOf(value);
}

/** They are absent, or an object literal whose members are all known. */
function hasOnly(options: ts.Expression | undefined, names: readonly string[]): boolean {
  if (options === undefined) return true;
  const object = unwrap(options);
  if (!ts.isObjectLiteralExpression(object)) return false;
  return object.properties.every(({ name }) => name !== undefined && names.includes(name.getText()));
}
