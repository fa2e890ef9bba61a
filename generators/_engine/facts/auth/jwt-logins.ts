import type { Issued } from './jwt-issued.ts';
import { mayName, usualUserIds } from './user-claims.ts';

/** Which of the issued tokens prove who calls. */
export interface Logins {
  /** [] when it cannot be decided. */
  readonly logins: readonly Issued[];
  /** Tokens of the same key for something else, or of a kind that nobody accepts. */
  readonly others: readonly Issued[];
}

const soundsLikeLogin =
  /(?:[lL]og|[sS]ign)[-_]?(?:[uU]ser[-_]?)?[iI]n(?![a-z])|[aA]uthenticate|^\/?[sS]essions?$/;
/** What makes a token one for something else, or doubtful: a name can only take away. */
const soundsLikeOther =
  /reset|forgot|invit|confirm|verif|magic|unsubscri|activat|download|share|recover|mail|otp(?![a-z])|mfa|2fa|two[-_]?factor|pending|challenge|refresh[-_]?(?:token|jwt)|(?:sign|create|make|issue|generate)[-_]?refresh/i;
const byMail = /(?:with|by|via)[-_]?e?mail/gi;
const kinds = ['token_use', 'token_type', 'tokenType', 'type', 'typ'];
const otherKind = /^(?:refresh|id)(?:[-_ ]?token)?$/i;

/** `named`: `file`, `file:line` or `file#function` of sign calls, or of calls that lead to them, that log people in. */
export function decideLogins(all: readonly Issued[], named: readonly string[] = []): Logins {
  const chosen = all.filter((one) => namesOf(one).some((name) => named.includes(name)));
  if (named.length > 0) return split(all, chosen);
  const possible = provers(all);
  const login = possible.filter(({ labels }) => labels.some((label) => soundsLikeLogin.test(label)));
  const clear = login.filter((one) => !isDoubtful(one));
  const found = clear.length > 0 ? clear : login.length > 0 ? login : possible;
  const isOne = new Set(found.map(shapeText)).size === 1;
  // Two login routes may sign different claims; one handler that does so has two purposes.
  const isPlain =
    isOne ||
    (clear.length > 0 && new Set(clear.map(routeAndShape)).size === new Set(clear.map(routeOf)).size);
  const isAlone = clear.length > 0 || found.every((one) => !isDoubtful(one)) || all.length === 1;
  return isPlain && isAlone ? split(all, found) : { logins: [], others: all };
}

function namesOf({ labels, places }: Issued): readonly string[] {
  return places.flatMap(({ path, line }) => [
    path,
    `${path}:${String(line)}`,
    ...labels.map((label) => `${path}#${label}`),
  ]);
}

/**
 * Tokens that may prove who calls. `{ email }` is as much as a confirmation has: such a token counts where its name says
 * that it is one of a login, or where no token has the ID of a user.
 */
export function provers(all: readonly Issued[]): readonly Issued[] {
  const clear = all.filter((one) => mayProve(one, isUsualId));
  const named = all.filter((one) => mayProve(one, mayName));
  const byLabel = named.filter(({ labels }) => labels.some((label) => soundsLikeLogin.test(label)));
  const found = all.filter((one) => clear.includes(one) || byLabel.includes(one));
  return found.length > 0 ? found : named;
}

/** Has a claim that names a user, and is not of a kind that the verify route refuses anyway. */
function mayProve({ shape }: Issued, names: (claim: string) => boolean): boolean {
  const isKind = kinds.some((kind) => shape.claims.get(kind)?.some((text) => otherKind.test(text)) === true);
  return !isKind && (shape.open || [...shape.claims.keys(), ...shape.possible].some(names));
}

/** The token names a user by a usual claim, as `sub`. */
export function provesUser(one: Issued): boolean {
  return mayProve(one, isUsualId);
}

function isUsualId(claim: string): boolean {
  return usualUserIds.includes(claim);
}

export function isDoubtful({ labels }: Pick<Issued, 'labels'>): boolean {
  return labels.some((label) => soundsLikeOther.test(label.replace(byMail, '')));
}

/** Tokens of a key that is another one for certain are no concern of the verify route. */
function split(all: readonly Issued[], logins: readonly Issued[]): Logins {
  if (logins.length === 0) return { logins, others: all };
  const keys = new Set(logins.map(({ key }) => key));
  const isSameKey = ({ key }: Issued): boolean => key === undefined || keys.has(undefined) || keys.has(key);
  return { logins, others: all.filter((one) => !logins.includes(one) && isSameKey(one)) };
}

function shapeText({ shape }: Issued): string {
  const claims = [...shape.claims].map(([name, texts]) => [name, texts ?? null] as const);
  return JSON.stringify([
    claims.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [...shape.possible].toSorted(),
    shape.open,
  ]);
}

function routeOf({ labels }: Issued): string {
  return labels.at(-1) ?? '';
}

function routeAndShape(one: Issued): string {
  return `${routeOf(one)} ${shapeText(one)}`;
}

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
  // Where the ID of the login's user goes by another name, tokens with that name prove as much.
  const isUsual = logins.every((one) => mayProve(one, isUsualId));
  for (const other of others.filter((one) => mayProve(one, isUsual ? isUsualId : mayName))) {
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
