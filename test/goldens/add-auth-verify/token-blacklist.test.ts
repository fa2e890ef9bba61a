import type { FastifyRequest } from 'fastify';

import { type BlacklistStore, TokenBlacklist } from '../src/utils/token-blacklist.js';
import { decodePart, tokenKey } from '../src/utils/token-key.js';

let kept: (readonly [key: string, seconds: number])[] = [];
const store: BlacklistStore = {
  add: (key, seconds) => Promise.resolve(void kept.push([key, seconds])),
  has: () => Promise.resolve(false),
};
const denylist = new TokenBlacklist(store, (token) => decodePart(token, 1) ?? {});
const tokenOf = (claims: object): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;

beforeEach(() => {
  kept = [];
});

describe('token denylist', () => {
  it('stores a token for longer than any verifier accepts it', async () => {
    const now = Math.floor(Date.now() / 1_000);
    for (const exp of [now + 60, undefined]) await denylist.revoke(tokenOf({ exp }));
    const [minute = 0, endless] = kept.map(([, seconds]) => seconds);
    expect(minute).toBeGreaterThan(60 + 600);
    expect(minute).toBeLessThan(60 + 667);
    expect(endless).toBe(3_153_600_000);
    expect(await denylist.isRevoked(tokenOf({ exp: now - 601 }))).toBe(true);
  });

  it('knows a token by its jti, else by its text, and stores neither in the clear', async () => {
    for (const jti of ['one', undefined]) await denylist.revoke(tokenOf({ jti }));
    const kinds = kept.map(([key]) => key.replace(/:[0-9a-f]{64}$/, ''));
    expect(kinds).toEqual(['jti', 'sha256']);
  });

  it('revokes the Bearer token of a request', async () => {
    const token = tokenOf({ jti: 'one' });
    for (const authorization of ['', token, `Basic ${token}`, `bearer ${token}`])
      await denylist.revokeRequest({ headers: { authorization } } as FastifyRequest);
    expect(kept.map(([key]) => key)).toEqual([tokenKey(token)]);
  });
});
