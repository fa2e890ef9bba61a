import { createServiceTokens, outsideOfRequests } from '../src/utils/service-tokens.js';
import { createSigningKeys } from '../src/utils/signing-keys.js';

const log = { info: () => undefined, warn: () => undefined };
const keys = createSigningKeys({ algorithm: 'ES256', issuer: 'me', audience: 'me' }, log);

let nowMs: number;
let tokenFor: (audience: string) => string;

beforeEach(() => {
  nowMs = 1_700_000_000_000;
  tokenFor = createServiceTokens({ name: 'me', key: keys.signingOptions, now: () => nowMs });
});

function decode(token: string): Record<string, unknown> {
  const [header = '', claims = ''] = token.split('.');
  const parts = [header, claims].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
  return Object.assign({}, ...parts) as Record<string, unknown>;
}

describe('createServiceTokens', () => {
  it('signs for one callee and five minutes, with the type of services and a key that is published', () => {
    const { aud, exp, iat, iss, kid, sub, typ } = decode(tokenFor('other'));
    expect({ aud, iss, sub, typ }).toEqual({ aud: 'other', iss: 'me', sub: 'me', typ: 'service+jwt' });
    expect(Number(exp) - Number(iat)).toBe(300);
    expect(keys.published.map((key) => key['kid'])).toEqual([kid]);
  });

  it('remembers a token for each callee until a minute before it expires', () => {
    const first = tokenFor('other');
    expect(decode(tokenFor('another'))['aud']).toBe('another');
    nowMs += 239_000;
    expect(tokenFor('other')).toBe(first);
    nowMs += 1_000;
    expect(tokenFor('other') === first).toBe(false);
  });

  it('proves the service outside of requests alone', () => {
    const request = { correlationId: 'id', traceparent: undefined, authorization: undefined };
    const current = { ...request, remainingMs: 1_000, signal: undefined };
    expect(outsideOfRequests(() => current, () => 'token')()).toBe(current);
    expect(outsideOfRequests(() => undefined, () => 'token')().authorization).toBe('Bearer token');
  });
});
