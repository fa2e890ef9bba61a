import { type BlacklistStore, TokenBlacklist } from '../src/utils/token-blacklist.js';
import { decodePart } from '../src/utils/token-key.js';

describe('token denylist', () => {
  it('stores the hash of a token or of its jti, for longer than any verifier accepts it', async () => {
    const kept: (readonly [key: string, seconds: number])[] = [];
    const store: BlacklistStore = {
      add: (key, seconds) => {
        kept.push([key, seconds]);
        return Promise.resolve();
      },
      has: () => Promise.resolve(false),
    };
    const denylist = new TokenBlacklist(store, (token) => decodePart(token, 1) ?? {});
    const exp = Math.floor(Date.now() / 1_000) + 60;
    for (const claims of [{ jti: 'one', exp }, {}])
      await denylist.revoke(`e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.eA`);
    const kinds = kept.map(([key]) => key.replace(/:[0-9a-f]{64}$/, ''));
    expect(kinds).toEqual(['jti', 'sha256']);
    const [minute = 0, endless] = kept.map(([, seconds]) => seconds);
    expect([minute > 60 + 600, minute < 60 + 667, endless]).toEqual([true, true, 3_153_600_000]);
  });
});
