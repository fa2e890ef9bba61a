/** What each route of a running service answers to a stranger and to the owner of a token. */
import { existsSync, readFileSync } from 'node:fs';

import { answerLimitMs } from './limits.ts';

interface Answers {
  /** HTTP status without credentials; 0: no answer in time. */
  readonly stranger: number;
  /** HTTP status with a Bearer token that the service's own secret signs. */
  readonly owner: number;
}

/** By method and pattern, such as `GET /users/:id`. */
export type RouteAnswers = ReadonlyMap<string, Answers>;

/** Asks every listed route but HEAD and OPTIONS, parameters as `1`, bodies as `{}`; each first without the token. */
export async function askRoutes(origin: string, file: string, token: string): Promise<RouteAnswers> {
  const answers = new Map<string, Answers>();
  for (const { method, url } of routesIn(file)) {
    if (method === 'HEAD' || method === 'OPTIONS') continue;
    const at = `${origin}${url.replace(/:[^/]+/g, '1').replace('*', 'x')}`;
    const stranger = await ask(at, method);
    answers.set(`${method} ${url}`, { stranger, owner: await ask(at, method, token) });
  }
  return answers;
}

interface Listed {
  readonly method: string;
  readonly url: string;
}

function routesIn(file: string): readonly Listed[] {
  if (!existsSync(file)) return [];
  const lines = new Set(readFileSync(file, 'utf8').split('\n'));
  return [...lines].filter((line) => line !== '').map((line) => JSON.parse(line) as Listed);
}

async function ask(url: string, method: string, token?: string): Promise<number> {
  const hasBody = !['GET', 'DELETE'].includes(method);
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(hasBody && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(hasBody && { body: '{}' }),
      signal: AbortSignal.timeout(answerLimitMs),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** Paths that an owner expects to be reachable without a token: a guard on one of them is to be named in the notes. */
const usuallyOpen =
  /\/(?:log-?in|sign-?in|sign-?up|register|refresh|token|callback|oauth2?|webhooks?|\.well-known|health\w*|ready|live|status|ping|metrics|docs?|documentation|swagger|openapi|reference)(?:\/|$|\.|-)/i;

/**
 * What is wrong of the routes after a run that guards all of them: one that a stranger reaches though no note says so,
 * one that the owner does not reach any more, one that is usually open and was closed without a word.
 */
export function guardProblems(before: RouteAnswers, after: RouteAnswers, notes: string): readonly string[] {
  const named = notes.match(/(?:\b[A-Z]+|\*) \/[^\s,()]*(?<![.:;])/g) ?? [];
  return [...after].flatMap(([route, { stranger, owner }]) => {
    const known = before.get(route);
    const [, path = ''] = route.split(' ');
    const isNamed = named.some((entry) => names(entry, route));
    const isRefused = stranger === 401 || stranger === 403;
    if (!isRefused) {
      const isSame = known === undefined || known.stranger === stranger;
      return [
        ...(isNamed
          ? []
          : [`${route} answers a stranger with ${String(stranger)}, and no note says that it is open.`]),
        ...(isSame
          ? []
          : [`${route} is open and answered ${String(known.stranger)}, now ${String(stranger)}.`]),
      ];
    }
    const isClosed = known !== undefined && known.stranger !== stranger;
    return [
      ...(isClosed && usuallyOpen.test(path) && !isNamed
        ? [`${route} was closed, and no note says so.`]
        : []),
      ...(known !== undefined && !isAlike(known.owner, owner)
        ? [`${route} answered the owner of a token with ${String(known.owner)}, now ${String(owner)}.`]
        : []),
    ];
  });
}

/** Whether an entry such as `GET /docs/*` of the notes is about a route, or about all below it. */
function names(entry: string, route: string): boolean {
  const [[method, pattern = ''], [own, path = '']] = [entry.split(' '), route.split(' ')];
  if (method !== own && method !== '*') return false;
  return pattern.endsWith('/*') ? `${path}/`.startsWith(pattern.slice(0, -1)) : pattern === path;
}

/** What is wrong of the routes after a run that guards none: each must answer as it did. */
export function changedRoutes(before: RouteAnswers, after: RouteAnswers): readonly string[] {
  return [...before].flatMap(([route, known]) => {
    const now = after.get(route);
    if (now === undefined) return [`${route} is gone.`];
    if (isAlike(known.stranger, now.stranger) && isAlike(known.owner, now.owner)) return [];
    const list = ({ stranger, owner }: Answers): string => `${String(stranger)} and ${String(owner)}`;
    return [`${route} answered ${list(known)} without and with a token, now ${list(now)}.`];
  });
}

/** A service without its database fails in more than one way: which one may depend on the moment. */
function isAlike(one: number, other: number): boolean {
  const isBroken = (status: number): boolean => status === 0 || status >= 500;
  return one === other || (isBroken(one) && isBroken(other));
}
