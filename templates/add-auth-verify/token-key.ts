import { createHash } from 'node:crypto';

/** The owner of a token: a `jti` is unique for one owner only. */
const OWNER_CLAIMS = 'iss sub userId user_id id tenantId tenant_id tenant orgId org_id org'.split(' ');

/**
 * The key of a token in the denylist, in revocation messages and in caches: a hash of its `jti` and owner, else of its
 * signing input. Never of the signature, which has more than one spelling. It proves nothing: verify the token as well.
 */
export function tokenKey(token: string): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const claims = decodePart(token, 1) ?? {};
  const jti = claims['jti'];
  if (typeof jti === 'string' && jti !== '') {
    return `jti:${sha256(JSON.stringify([jti, ...OWNER_CLAIMS.map((name) => claims[name])]))}`;
  }
  const isJwt = token.split('.').length === 3;
  return `sha256:${sha256(isJwt ? token.slice(0, token.lastIndexOf('.')) : token)}`;
}

/** Decodes the header (0) or the claims (1) without verifying the signature; undefined if the text is not a JWT. */
export function decodePart(token: string, index: 0 | 1): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  try {
    const decoded: unknown = JSON.parse(Buffer.from(String(parts[index]), 'base64url').toString('utf8'));
    const isObject = typeof decoded === 'object' && decoded !== null && !Array.isArray(decoded);
    return isObject && parts.length === 3 ? (decoded as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
