import { createPrivateKey, randomUUID, sign } from 'node:crypto';

import type { SigningOptions } from '../add-auth-verify/signing-keys.ts';

/** What a call takes over from the request that its caller serves, as a ServiceClient has it. */
export interface CallContext {
  readonly correlationId: string;
  readonly traceparent: string | undefined;
  readonly authorization: string | undefined;
  readonly remainingMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface ServiceTokensOptions {
  /** Of this service: the `iss` and `sub` of its tokens. */
  name: string;
  key: Pick<SigningOptions, 'key' | 'algorithm' | 'kid'>;
  /** Epoch milliseconds. Default `Date.now`. */
  now?: () => number;
}

const LIFETIME_S = 300;
/** Seconds before its expiry from which on a token is not sent any more. */
const SPARE_S = 60;

/** Tokens by which this service proves itself to others, one for each callee, remembered while it can be sent. */
export function createServiceTokens({
  key,
  name,
  now = Date.now,
}: ServiceTokensOptions): (audience: string) => string {
  const { algorithm: alg, kid } = key;
  const privateKey = createPrivateKey(key.key);
  const header = encode({ alg, kid, typ: 'service+jwt' });
  const known = new Map<string, { readonly token: string; readonly until: number }>();

  return (audience) => {
    const remembered = known.get(audience);
    if (remembered !== undefined && now() < remembered.until) return remembered.token;
    const iat = Math.floor(now() / 1_000);
    const claims = { iss: name, sub: name, aud: audience, jti: randomUUID(), iat, exp: iat + LIFETIME_S };
    const input = `${header}.${encode(claims)}`;
    // Ed25519 has a hash of its own.
    const hash = alg === 'EdDSA' ? undefined : 'sha256';
    const signature = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const token = `${input}.${signature.toString('base64url')}`;
    known.set(audience, { token, until: now() + (LIFETIME_S - SPARE_S) * 1_000 });
    return token;
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/**
 * The context of the calls of a client: that of the request, else one with a token of the service. Within a request nothing
 * is added, even if it has no user: it must not get the rights of the service. For a client with `forwardToken`.
 */
export function outsideOfRequests(
  current: () => CallContext | undefined,
  token: () => string,
): () => CallContext {
  return () =>
    current() ?? {
      correlationId: randomUUID(),
      traceparent: undefined,
      authorization: `Bearer ${token()}`,
      remainingMs: Number.POSITIVE_INFINITY,
      signal: undefined,
    };
}
