import { type ClaimType, claimTypeOf, memberTypeOf } from './claim-types.ts';
import type { ExtraClaim, UserClaims } from '../../model/service.ts';
import type { Issued } from './jwt-issued.ts';

/** Names of a user's ID that are clear by themselves. */
export const usualUserIds: readonly string[] = ['sub', 'userId', 'user_id', 'id'];
/** Names of a tenant's ID that are. */
export const usualTenantIds: readonly string[] = [
  'tenantId',
  'tenant_id',
  'tenant',
  'orgId',
  'org_id',
  'org',
];
const otherUserIds = ['uid', '_id', 'userID', 'userid', 'user_uuid', 'userUuid', 'uuid'];
/** What names a user where a token has nothing else that does. */
const userNames = [
  'username',
  'userName',
  'user_name',
  'login',
  'email',
  'mail',
  'phone',
  'handle',
  'nickname',
];
const holders = /^(?:user|account|member|data|payload|profile|identity)$/i;
/** Claims that are about the token. */
export const ofToken =
  /^(?:exp|iat|nbf|jti|iss|aud|typ|type|token_?(?:type|use|kind)|purpose|nonce|azp|sid)$/i;
const tenants = /^(?:tenant|tenantId|tenant_id|org|orgId|org_id)$/;

/** Any claim that could name a user, if another one does not. */
export function mayName(claim: string): boolean {
  return otherUserIds.includes(claim) || userNames.includes(claim) || holders.test(claim);
}

/** Reads them off the sign calls that log people in: all must agree. */
export function findUserClaims(logins: readonly Issued[]): UserClaims {
  const found = logins.map(userIdOf);
  const [first] = found;
  const isOne = found.every((path) => path !== undefined && path.join('.') === first?.join('.'));
  const isUsual = found.every((path) => path?.length === 1 && usualUserIds.includes(path[0] ?? ''));
  const userId = isOne || isUsual ? first : undefined;
  const possible = [...new Set(logins.flatMap(pathsOf).map((path) => path.join('.')))];
  return { userId, possible, extra: extraClaims(logins, userId) };
}

function userIdOf(login: Issued): readonly string[] | undefined {
  const { claims, open, possible } = login.shape;
  const names = [...claims.keys(), ...possible];
  // A text that is the same for every token names nobody, where another claim may.
  const own = names.filter((name) => claims.get(name) === undefined);
  const usual = [...own, ...names].find((name) => usualUserIds.includes(name));
  if (usual !== undefined) return [usual];
  const [other, another] = names.filter((name) => otherUserIds.includes(name));
  if (other !== undefined) return another === undefined ? [other] : undefined;
  const nested = names.flatMap((name) => {
    const inner = login.nested.get(name) ?? [];
    const id =
      inner.find((one) => usualUserIds.includes(one)) ?? inner.find((one) => otherUserIds.includes(one));
    return id === undefined ? [] : [[name, id]];
  });
  if (nested.length > 0) return nested.length === 1 ? nested[0] : undefined;
  const [alone, second] = names.filter((name) => userNames.includes(name));
  return alone !== undefined && second === undefined && !open ? [alone] : undefined;
}

function pathsOf({ nested, shape }: Issued): readonly (readonly string[])[] {
  const names = [...shape.claims.keys(), ...shape.possible].filter((name) => !ofToken.test(name));
  return names.flatMap((name) => {
    const inner = nested.get(name) ?? [];
    return inner.length === 0 ? [[name]] : inner.map((one) => [name, one]);
  });
}

/** Claims beside user, mail, tenant and what is about the token; `user` itself where the ID is in it. */
function extraClaims(
  logins: readonly Issued[],
  userId: readonly string[] | undefined,
): readonly ExtraClaim[] {
  const extra = new Map<string, ExtraClaim>();
  for (const login of logins) {
    for (const path of pathsOf(login)) {
      const [holder, inner] = path;
      const isOfUser = inner !== undefined && userId?.length === 2 && holder === userId[0];
      const own = isOfUser ? path : path.slice(0, 1);
      const name = own.at(-1) ?? '';
      const isKnown = own.join('.') === userId?.join('.') || name === 'email' || tenants.test(name);
      if (isKnown || ofToken.test(name) || !/^[A-Za-z_]\w{0,60}$/.test(name)) continue;
      if (isReserved(name)) continue;
      const type = claimTypeAt(login, own);
      const known = extra.get(name);
      extra.set(name, {
        name,
        path: own,
        type: known === undefined || known.type === type ? type : 'unknown',
      });
    }
  }
  return [...extra.values()];
}

/** Members that the answer has already, and what no other service has to know. */
function isReserved(name: string): boolean {
  return (
    /^(?:valid|userId|error|code)$/.test(name) || /password|passwd|secret|salt|(?<![a-z])hash/i.test(name)
  );
}

/** The type of a claim by its path. */
export function claimTypeAt({ declared, values }: Issued, path: readonly string[]): ClaimType {
  const value = values.get(path.join('.'));
  if (value !== undefined) return claimTypeOf(value.survey, value.expression, value.file);
  const [name] = path;
  if (declared === undefined || name === undefined || path.length > 1) return 'unknown';
  return memberTypeOf(declared.survey, declared.type, declared.file, name);
}
