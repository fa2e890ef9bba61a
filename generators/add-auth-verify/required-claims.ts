import type { Issued } from '../_engine/facts/auth/jwt-issued.ts';
import type { VerifyOptions } from '../_engine/facts/auth/jwt-verifies.ts';
import type { JwtFact } from '../_engine/model/service.ts';
import { unwrap } from '../_engine/syntax/expressions.ts';
import { printString } from '../_engine/syntax/print.ts';
import { fragmentWords } from '../_engine/syntax/tokens.ts';
import { parseSource, ts } from '../_engine/syntax/tree.ts';

const option = 'requiredClaims';
const claimOf: Readonly<Record<string, string>> = {
  allowedAud: 'aud',
  allowedIss: 'iss',
  allowedJti: 'jti',
  allowedNonce: 'nonce',
  allowedSub: 'sub',
};

/**
 * Requires each claim whose values are demanded and which every login signs: fast-jwt, also below @fastify/jwt, takes a
 * token that lacks it. Not where a login may go without: the service's own guard accepts those tokens.
 */
export function requireSigned(
  { entries, ...rest }: VerifyOptions,
  library: JwtFact['library'],
  logins: readonly Issued[],
): VerifyOptions {
  if (!/^(?:fast-jwt|@fastify\/jwt)$/.test(library) || logins.length === 0) return { entries, ...rest };
  const signed = [...entries.keys()]
    .flatMap((name) => claimOf[name] ?? [])
    .filter((claim) => logins.every(({ shape }) => shape.claims.has(claim)));
  const own = requiredIn(entries.get(option));
  const more = signed
    .map((claim) => printString(claim))
    .filter((one) => !own.some((other) => isSameFragment(one, other)));
  if (more.length === 0) return { entries, ...rest };
  return { entries: new Map([...entries, [option, `[${[...own, ...more].join(', ')}]`]]), ...rest };
}

/** Whether what is required differs from what was by nothing but claims that {@link requireSigned} adds. */
export function isRequiredAsWell(
  now: string,
  before: string,
  demanded: ReadonlyMap<string, string>,
): boolean {
  const added = [...demanded.keys()]
    .flatMap((name) => claimOf[name] ?? [])
    .map((claim) => printString(claim));
  const known = [...requiredIn(now), ...added];
  return requiredIn(before).every((one) => known.some((other) => isSameFragment(one, other)));
}

/** Requires nothing but issuer and audience, which tokens of the keys always have. */
export function isRequiredOfKeys(name: string, value: string): boolean {
  if (name !== option) return false;
  return requiredIn(value).every((one) => isSameFragment(one, "'aud'") || isSameFragment(one, "'iss'"));
}

/** The elements of a list, as TypeScript. */
function requiredIn(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  const [statement] = parseSource('list.ts', `(${value});`).statements;
  const list =
    statement !== undefined && ts.isExpressionStatement(statement) ? unwrap(statement.expression) : undefined;
  if (list === undefined || !ts.isArrayLiteralExpression(list)) return [`...${value}`];
  return list.elements.map((one) => one.getText());
}

/** Whether two pieces of code differ in nothing but what formatters choose; texts in strings count as they are. */
export function isSameFragment(a: string, b: string): boolean {
  return fragmentWords(a).join('\n') === fragmentWords(b).join('\n');
}
