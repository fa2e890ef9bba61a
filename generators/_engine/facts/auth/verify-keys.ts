import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { readEnv } from '../../program/env-reads.ts';
import type { Given } from './jwt-reach.ts';
import { callsIn } from '../../syntax/calls.ts';
import { propertyOf, unwrap } from '../../syntax/expressions.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { ts } from '../../syntax/tree.ts';

/** The expression of a key, and its file. */
export interface Key {
  readonly file: RelPath;
  readonly expression: ts.Expression;
}

interface VerifyKey extends Key {
  /** Undefined where the call does not say. */
  readonly algorithms: readonly string[] | undefined;
}

/**
 * The keys of the service's own `jwt.verify(token, key)`, `jwtVerify(token, key)` and `createVerifier({ key })` for one
 * algorithm of a key pair: without those for other algorithms, and without keys that sign, which are shared secrets.
 */
export function findVerifyKeys(survey: Survey, algorithm: string, signKeys: readonly Key[]): readonly Key[] {
  const keys = survey.filesMatching(/\b(verify|jwtVerify|createVerifier)\(/).flatMap((file) => {
    return callsIn(survey.tree(file)).flatMap((call) => verifyKeyOf(survey, call, file) ?? []);
  });
  const possible = keys.filter(
    (key) =>
      key.algorithms?.includes(algorithm) !== false && !signKeys.some((sign) => isSame(survey, key, sign)),
  );
  return possible.toSorted((a, b) => Number(b.algorithms !== undefined) - Number(a.algorithms !== undefined));
}

function isSame(survey: Survey, a: Key, b: Key): boolean {
  const [one, other] = [a, b].map(({ expression, file }) => survey.names.value(expression, file)?.node);
  if (one !== undefined && one === other) return true;
  return a.file === b.file && unwrap(a.expression).getText() === unwrap(b.expression).getText();
}

function verifyKeyOf(survey: Survey, call: ts.CallExpression, file: RelPath): VerifyKey | undefined {
  const found = verifyCall(call);
  if (found?.secret === undefined) return undefined;
  return { expression: found.secret, file, algorithms: algorithmsIn(survey, found.options, file) };
}

/** A call that verifies by a library, with what it is given. */
export interface VerifyCall {
  readonly library: 'jsonwebtoken' | 'jose' | 'fast-jwt';
  readonly secret: ts.Expression | undefined;
  readonly options: ts.Expression | undefined;
}

/** `jwt.verify(token, key)`, `jwtVerify(token, key)` and `createVerifier({ key })`. */
export function verifyCall({ arguments: given, expression }: ts.CallExpression): VerifyCall | undefined {
  const [first, secret, options] = given;
  const made = importedBy(expression, 'jsonwebtoken', 'jose', 'fast-jwt');
  if (made?.from === 'jsonwebtoken' && made.name === 'verify') {
    const isCallback = options !== undefined && ts.isFunctionLike(unwrap(options));
    return { library: made.from, secret, options: isCallback ? undefined : options };
  }
  if (made?.from === 'jose' && made.name === 'jwtVerify') return { library: made.from, secret, options };
  return made?.from === 'fast-jwt' && made.name === 'createVerifier'
    ? { library: made.from, secret: propertyOf(first, 'key'), options: first }
    : undefined;
}

function algorithmsIn(
  survey: Survey,
  options: ts.Expression | undefined,
  file: RelPath,
): readonly string[] | undefined {
  const found = options === undefined ? undefined : survey.names.value(options, file);
  const list =
    found !== undefined && ts.isExpression(found.node) ? propertyOf(found.node, 'algorithms') : undefined;
  const value =
    found === undefined || list === undefined ? undefined : survey.names.valueOf(list, found.file);
  if (value?.kind !== 'array') return undefined;
  const texts = value.elements.map((one) => survey.names.textOf(one.expression, one.file));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** `env:NAME`, or the text itself. */
export function keyText(
  survey: Survey,
  secret: ts.Expression,
  file: RelPath,
  given: Given,
): string | undefined {
  const bare = unwrap(secret);
  // With a second variable to fall back to, two keys may be one.
  if ((bare.getText().match(/\benv\b/g) ?? []).length > 1) return undefined;
  const inner = (ts.isCallExpression(bare) ? bare.arguments[0] : undefined) ?? bare;
  const found = survey.names.value(inner, file);
  const argument = found === undefined ? undefined : given.get(found.node);
  if (argument !== undefined) return keyText(survey, argument.expression, argument.file, argument.given);
  const { env } = readEnv(survey, inner, file);
  if (env !== undefined) return `env:${env}`;
  return survey.names.textOf(inner, file);
}
