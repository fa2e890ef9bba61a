import { createHash } from "node:crypto";

/** The owner of a token: a `jti` is unique for one owner only. */
const OWNER_CLAIMS =
  "iss sub userId user_id id tenantId tenant_id tenant orgId org_id org".split(
    " "
  );
const KEY = /^(?:jti|sha256):[0-9a-f]{64}$/;

/**
 * The key of a token in the denylist, in revocation messages and in caches: a hash of its `jti` and owner, else of its
 * signing input. Never of the signature, which has more than one spelling. It proves nothing: verify the token as well.
 */
export function tokenKey(token: string): string {
  const [header = "", payload = "", ...signature] = token.split(".");
  if (signature.length !== 1) return `sha256:${sha256(token)}`;
  const claims = readClaims(payload);
  const jti = claims["jti"];
  if (typeof jti !== "string" || jti === "")
    return `sha256:${sha256(`${header}.${payload}`)}`;
  return `jti:${sha256(JSON.stringify([jti, ...OWNER_CLAIMS.map((name) => claims[name])]))}`;
}

/** A key has one form and length; anything else that comes over the network is none. */
export function isTokenKey(text: string): boolean {
  return KEY.test(text);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Empty for what is no JSON object. */
function readClaims(payload: string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(payload, "base64url").toString("utf8")
    );
    return typeof claims === "object" && claims !== null
      ? (claims as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
