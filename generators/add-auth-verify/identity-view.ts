import type { Obstacle, Place } from '../_engine/model/obstacle.ts';
import type { JwtFact } from '../_engine/model/service.ts';
import { printKey, printString, printStrings } from '../_engine/syntax/print.ts';
import { usualTenantIds, usualUserIds } from '../_engine/facts/auth/user-claims.ts';
import type { VerifyView } from './view.ts';

/** How claims become what other services know of a user: names that the service signs come first. */
export function identityView({
  claims,
  user,
}: JwtFact): Pick<
  VerifyView,
  | 'userIdClaims'
  | 'tenantIdClaims'
  | 'userClaims'
  | 'tenantClaims'
  | 'identityType'
  | 'carriedTypes'
  | 'carried'
> {
  const told = (path: readonly string[] | undefined, usual: readonly string[]): string => {
    const name = path?.at(-1);
    // A usual name stands among the others, which older tokens may have.
    return name === undefined || usual.includes(name) ? list(usual) : printString(name);
  };
  const list = (usual: readonly string[]): string => {
    const first = claims.filter((name) => usual.includes(name));
    const rest = usual.filter((name) => !first.includes(name));
    return printStrings([...first, ...rest]);
  };
  const extra = user?.extra ?? [];
  return {
    userIdClaims: told(user?.userId, usualUserIds),
    tenantIdClaims: told(user?.tenantId, usualTenantIds),
    userClaims: holderOf(user?.userId),
    tenantClaims: holderOf(user?.tenantId ?? user?.userId),
    identityType: extra.length > 0 ? 'SignedIdentity' : 'Identity',
    carriedTypes: extra.map(({ name, type }) => `${printKey(name)}?: ${type}`),
    carried: carriedOf(extra),
  };
}

/** `claims`, or the object in it that the last name of a path is in. */
function holderOf(path: readonly string[] | undefined): string {
  const [holder] = path !== undefined && path.length > 1 ? path : [];
  return holder === undefined ? 'claims' : `(claims[${printString(holder)}] ?? {}) as TokenClaims`;
}

function carriedOf(extra: NonNullable<JwtFact['user']>['extra']): string {
  const holders = [...new Set(extra.map(({ path }) => holderOf(path)))];
  return holders
    .map((holder) => {
      const names = extra.filter(({ path }) => holderOf(path) === holder).map(({ name }) => name);
      return `, ...carry(${holder}, [${printStrings(names)}])`;
    })
    .join('');
}

/** What has to be asked and was not, where a program gives the answers. */
export function unreadClaims({ algorithmAt, user }: JwtFact): readonly Obstacle[] {
  const missing = (flag: string, what: string, values: string, at?: Place): Obstacle => ({
    code: 'E_MISSING_FLAG',
    ...(at !== undefined && { at }),
    message: `--${flag} is missing: the code does not show ${what}.`,
    remedy: `Add --${flag} ${values}.`,
  });
  const claims = user?.possible.join(', ') ?? '';
  return [
    ...(algorithmAt === undefined
      ? []
      : [missing('algorithm', 'with which algorithm login tokens are signed', '<alg>', algorithmAt)]),
    ...(user === undefined || user.userId !== undefined
      ? []
      : [
          missing(
            'user-claim',
            'which claim of login tokens has the ID of the user',
            claims === '' ? '<claim>' : `with one of: ${claims}`,
          ),
        ]),
  ];
}
