import { printString } from '../_engine/syntax/print.ts';
import type { PurposeRule } from '../_engine/facts/auth/jwt-logins.ts';

import type { TokenPolicy } from './token-policy.ts';
import type { VerifyTestView } from './view.ts';

type TestClaims = Pick<
  VerifyTestView,
  'usualClaims' | 'identity' | 'sparseClaims' | 'sparseIdentity' | 'freeKinds' | 'otherPurposes'
>;

const kinds = ['token_use', 'token_type', 'tokenType', 'type', 'typ'];

/** Claims of tokens as the login signs them, and what makes them tokens for something else. */
export function testClaims(
  { demanded, rules }: Pick<TokenPolicy, 'demanded' | 'rules'>,
  userIdClaim: string,
  tenantClaim: string | undefined,
): TestClaims {
  const isAbsent = (claim: string): boolean =>
    rules.some((rule) => rule.claim === claim && rule.kind === 'absent');
  const isNeeded = (claim: string): boolean =>
    rules.some((rule) => rule.claim === claim && rule.kind === 'present');
  const optional = [
    ...(isAbsent('email') ? [] : [{ claim: 'email', name: 'email', text: 'user@example.com' }]),
    ...(tenantClaim === undefined || isAbsent(tenantClaim)
      ? []
      : [{ claim: tenantClaim, name: 'tenantId', text: 'tenant-1' }]),
  ];
  const marks = new Map([...demanded, ...rules.flatMap(markOf)]);
  for (const { claim } of [{ claim: userIdClaim }, ...optional]) marks.delete(claim);
  const entries = [
    { claim: userIdClaim, text: 'user-1' },
    ...optional,
    ...[...marks].map(([claim, text]) => ({ claim, text })),
  ];
  const needed = optional.filter(({ claim }) => isNeeded(claim));
  return {
    usualClaims: entries.map(({ claim, text }) => `${keyOf(claim)}: ${printString(text)}`).join(', '),
    identity: optional.map(identityOf).join(''),
    sparseClaims: optional
      .filter((one) => !needed.includes(one))
      .map(({ claim }) => `, ${keyOf(claim)}: undefined`)
      .join(''),
    sparseIdentity: needed.map(identityOf).join(''),
    freeKinds: kinds
      .filter((kind) => !rules.some(({ claim }) => claim === kind))
      .map((text) => printString(text))
      .join(', '),
    otherPurposes: rules.map(breakOf),
  };
}

function identityOf({ name, text }: Readonly<{ name: string; text: string }>): string {
  return `, ${name}: ${printString(text)}`;
}

function markOf(rule: PurposeRule): readonly (readonly [string, string])[] {
  if (rule.kind === 'one-of') return [[rule.claim, rule.texts[0] ?? '']];
  return rule.kind === 'present' ? [[rule.claim, 'some']] : [];
}

function breakOf(rule: PurposeRule): string {
  const key = keyOf(rule.claim);
  switch (rule.kind) {
    case 'one-of':
      return `${key}: 'something else'`;
    case 'none-of':
      return `${key}: ${printString(rule.texts[0] ?? '')}`;
    case 'present':
      return `${key}: undefined`;
    case 'absent':
      return `${key}: 'something else'`;
  }
}

function keyOf(claim: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(claim) ? claim : printString(claim);
}
