import type { Issued } from './jwt-issued.ts';

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
const userIds = ['sub', 'userId', 'user_id', 'id'];
const kinds = ['token_use', 'token_type', 'tokenType', 'type', 'typ'];
const otherKind = /^(?:refresh|id)(?:[-_ ]?token)?$/i;

/** `named`: `file`, `file:line` or `file#function` of sign calls, or of calls that lead to them, that log people in. */
export function decideLogins(all: readonly Issued[], named: readonly string[] = []): Logins {
  const chosen = all.filter((one) => namesOf(one).some((name) => named.includes(name)));
  if (named.length > 0) return split(all, chosen);
  const possible = all.filter(mayProve);
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

/** Names a user, and is not of a kind that the verify route refuses anyway. */
export function mayProve({ shape }: Issued): boolean {
  const isKind = kinds.some((kind) => shape.claims.get(kind)?.some((text) => otherKind.test(text)) === true);
  const isNobody = !shape.open && !userIds.some((name) => shape.claims.has(name) || shape.possible.has(name));
  return !isKind && !isNobody;
}

export function isDoubtful({ labels }: Issued): boolean {
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
