import type { Issued } from './jwt-issued.ts';
import { type Logins, mayProve } from './jwt-logins.ts';

/** What a claim of a login's token must be, or must not be. */
export type PurposeRule = Readonly<
  { claim: string } & (
    { kind: 'one-of' | 'none-of'; texts: readonly string[] } | { kind: 'present' | 'absent' }
  )
>;

/** How tokens of the login are told from others of the same key. */
export interface Purpose {
  readonly rules: readonly PurposeRule[];
  /** Tokens that a rule refuses. */
  readonly refused: readonly Issued[];
  /** Tokens that no rule can refuse without refusing those of the login. */
  readonly alike: readonly Issued[];
}

/** Claims that say what a token is for; the audience and the issuer do so, too. */
const marks =
  /^(?:aud|iss|purpose|scope|scp|action|type|typ|token_?(?:type|use|kind)|use|usage|kind|for|intent|aim|flow)$/i;
const never = new Set(['exp', 'iat', 'nbf', 'jti']);

/** The rules that the login's own tokens meet in every case, and each other token breaks. */
export function findPurpose({ logins, others }: Logins): Purpose {
  const rules = requiredMarks(logins);
  const refused: Issued[] = [];
  const alike: Issued[] = [];
  for (const other of others.filter(mayProve)) {
    const more = rules.some((rule) => breaks(other, rule)) ? [] : rulesAgainst(other, logins);
    rules.push(
      ...more.filter((rule) => !rules.some((known) => JSON.stringify(known) === JSON.stringify(rule))),
    );
    if (rules.some((rule) => breaks(other, rule))) refused.push(other);
    else alike.push(other);
  }
  return { rules, refused, alike };
}

/** What each token of a login says of its purpose, for certain. */
function requiredMarks(logins: readonly Issued[]): PurposeRule[] {
  const [first] = logins;
  const names = [...(first?.shape.claims.keys() ?? [])].filter((name) => marks.test(name));
  return names.flatMap((claim) => {
    const texts = logins.map(({ shape }) => shape.claims.get(claim));
    if (!texts.every((one) => one !== undefined)) return [];
    return [{ kind: 'one-of', claim, texts: [...new Set(texts.flat())].toSorted() }];
  });
}

/** Whether the rule refuses each of these tokens, as far as the code says. */
function breaks({ shape }: Issued, rule: PurposeRule): boolean {
  const texts = shape.claims.get(rule.claim);
  const isMissing = !shape.open && !shape.claims.has(rule.claim) && !shape.possible.has(rule.claim);
  switch (rule.kind) {
    case 'one-of':
      return isMissing || texts?.every((text) => !rule.texts.includes(text)) === true;
    case 'none-of':
      return texts?.some((text) => rule.texts.includes(text)) === true;
    case 'present':
      return isMissing;
    case 'absent':
      return shape.claims.has(rule.claim);
  }
}

/** Claims that only the other token has; else texts that only it has; else claims that it lacks. */
function rulesAgainst(other: Issued, logins: readonly Issued[]): readonly PurposeRule[] {
  const names = [...other.shape.claims.keys()].filter((name) => !never.has(name));
  const lacking = names.filter((name) => logins.every(({ shape }) => lacks(shape, name)));
  const marked = lacking.filter((name) => marks.test(name));
  const literal = lacking.filter((name) => other.shape.claims.get(name) !== undefined);
  const found = [marked, literal, lacking].find((some) => some.length > 0);
  if (found !== undefined) return found.map((claim) => ({ kind: 'absent', claim }));
  const told = names.flatMap((claim) => rulesByText(claim, other, logins));
  if (told.length > 0) return told;
  const [first] = logins;
  const needed = [...(first?.shape.claims.keys() ?? [])].filter(
    (name) =>
      !never.has(name) && logins.every(({ shape }) => shape.claims.has(name)) && lacks(other.shape, name),
  );
  return needed.map((claim) => ({ kind: 'present', claim }));
}

function rulesByText(claim: string, other: Issued, logins: readonly Issued[]): readonly PurposeRule[] {
  const texts = other.shape.claims.get(claim) ?? [];
  const isMark = marks.test(claim);
  const isFree = logins.every(({ shape }) => {
    const own = shape.claims.get(claim);
    return own === undefined ? isMark : own.every((text) => !texts.includes(text));
  });
  return texts.length > 0 && isFree ? [{ kind: 'none-of', claim, texts }] : [];
}

function lacks({ claims, open, possible }: Issued['shape'], name: string): boolean {
  return !open && !claims.has(name) && !possible.has(name);
}
