import type { FastifyRequest } from 'fastify';

import { type BlacklistStore, TokenBlacklist } from '../src/utils/token-blacklist.js';
import { TokenError } from '../src/utils/token-claims.js';
import { decodePart, tokenKey } from '../src/utils/token-key.js';

const decode = (token: string): object => decodePart(token, 1) ?? {};
let kept: [key: string, seconds: number][] = [];
const store: BlacklistStore = {
  add: (key, seconds) => Promise.resolve(void kept.push([key, seconds])),
  has: () => Promise.resolve(false),
};

beforeEach(() => {
  kept = [];
});

function tokenOf(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

describe('token denylist', () => {
  it('stores a token for longer than any verifier accepts it, and refuses it later', async () => {
    const denylist = new TokenBlacklist(store, decode);
    for (const exp of [inSeconds(60), undefined]) await denylist.revoke(tokenOf({ exp }));
    const [minute = 0, endless] = kept.map(([, seconds]) => seconds);

    expect(minute).toBeGreaterThan(60 + 600);
    expect(minute).toBeLessThan(60 + 667);
    expect(endless).toBe(3_153_600_000);
    expect(await denylist.isRevoked(tokenOf({ exp: inSeconds(-595) }))).toBe(false);
    expect(await denylist.isRevoked(tokenOf({ exp: inSeconds(-601) }))).toBe(true);
  });

  it('knows a token by its jti where it has a usable one, and never stores the token itself', async () => {
    const denylist = new TokenBlacklist(store, decode);
    const known: unknown[] = ['one', 'a'.repeat(257), '', 1, undefined];
    for (const jti of known) await denylist.revoke(tokenOf({ jti }));

    const keys = kept.map(([key]) => key);
    expect(keys.map((key) => key.split(':')[0])).toEqual(['jti', 'jti', 'sha256', 'sha256', 'sha256']);
    for (const key of keys) expect(key).toMatch(/^(?:jti|sha256):[0-9a-f]{64}$/);
    // The same name is another token's at another issuer.
    expect(tokenKey(tokenOf({ jti: 'one' }))).toBe(keys[0]);
    expect(tokenKey(tokenOf({ jti: 'one', iss: 'elsewhere' })) === keys[0]).toBe(false);
  });

  it('stores nothing that is not a token, and nothing that it cannot judge', async () => {
    const refusing = new TokenBlacklist(store, () => {
      throw new TokenError('expired');
    });
    await refusing.revoke(tokenOf({}));
    const blind = new TokenBlacklist(store, () => Promise.reject(new Error('the keys are gone')));
    await expect(blind.revoke(tokenOf({}))).rejects.toMatchObject({ message: 'the keys are gone' });
    expect(await blind.isRevoked('no token')).toBe(false);
    expect(kept).toEqual([]);
  });

  it('revokes the Bearer token of a request, and the tokens that it finds elsewhere', async () => {
    const [token, cookie] = [tokenOf({ jti: 'one' }), tokenOf({ jti: 'two' })];
    const revoke = async (denylist: TokenBlacklist, authorization: string): Promise<void> => {
      await denylist.revokeRequest({ headers: { authorization } } as FastifyRequest);
    };
    const denylist = new TokenBlacklist(store, decode);
    for (const other of ['', token, `Basic ${token}`, `No Bearer ${token}`, `Bearer ${token} more`]) {
      await revoke(denylist, other);
    }
    expect(kept.length).toBe(0);
    await revoke(denylist, `bearer   ${token}`);
    await revoke(new TokenBlacklist(store, decode, () => [cookie, '', undefined]), '');
    expect(kept.map(([key]) => key)).toEqual([tokenKey(token), tokenKey(cookie)]);
  });
});
