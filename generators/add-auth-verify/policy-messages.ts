import type { Obstacle, Place } from '../_engine/model/obstacle.ts';
import { isDoubtful, type Logins, mayProve, type Purpose } from '../_engine/facts/auth/jwt-logins.ts';

function outermost({ places }: Readonly<{ places: readonly Place[] }>): string {
  const at = places.at(-1);
  return `${at?.path ?? ''}:${String(at?.line ?? 0)}`;
}

export function undecided({ logins, others }: Logins, named: readonly string[]): readonly Obstacle[] {
  const possible = others.filter(mayProve);
  const [first] = possible;
  if (logins.length > 0 || first === undefined) return [];
  const [at] = first.places;
  const list = [...new Set(possible.map(outermost))].join(', ');
  return [
    {
      code: 'E_TOKEN_POLICY',
      ...(at !== undefined && { at }),
      message:
        named.length > 0
          ? `No token is signed at ${named.join(', ')}; tokens are signed at ${list}.`
          : `Tokens are signed in more than one way (${list}), and the code does not show which of them is the login: a token for another purpose would authenticate its caller.`,
      remedy: 'Name the login with --login <file>#<function> or <file>:<line>, comma-separated.',
      manual: `s2s add-auth-verify --login ${outermost(first)}`,
    },
  ];
}

/** A mailed link that is as good as a login. */
export function alikeObstacles({ alike }: Purpose, named: readonly string[]): readonly Obstacle[] {
  return alike
    .filter((one) => isDoubtful(one) || named.length > 0)
    .map((one) => ({
      code: 'E_TOKEN_POLICY',
      at: one.places[0] ?? { path: one.sign.path, line: one.sign.line },
      message: `The tokens that ${outermost(one)} signs have the same claims and key as login tokens: they would authenticate their caller.`,
      remedy:
        "Add a distinct claim (purpose: 'password-reset') or use another key. If they are login tokens, add them to --login.",
    }));
}

export function purposeNotes({ alike, refused }: Purpose, path: string): readonly string[] {
  const places = (some: Purpose['alike']): string => [...new Set(some.map(outermost))].join(', ');
  const accepted = alike.filter((one) => !isDoubtful(one));
  return [
    ...(refused.length === 0
      ? []
      : [
          `POST ${path} refuses tokens signed at ${places(refused)}: their claims differ from login tokens. If they are login tokens, add them to --login.`,
        ]),
    ...(accepted.length === 0
      ? []
      : [
          `POST ${path} accepts tokens signed at ${places(accepted)}: they cannot be distinguished from login tokens.`,
        ]),
  ];
}

export function unreadNotes(at: Place | undefined): readonly string[] {
  if (at === undefined) return [];
  return [
    `The options of @fastify/jwt at ${at.path}:${String(at.line ?? 0)} cannot be analysed: the verify route ignores \`trusted\`, cookies and a key function there.`,
  ];
}
