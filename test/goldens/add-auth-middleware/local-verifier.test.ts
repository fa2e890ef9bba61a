import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { localVerifier, type LocalVerifierOptions } from '../src/utils/local-verifier.js';
import { ServiceClient } from '../src/utils/service-client.js';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

const ISSUER = 'https://login.acme.test';
const AUDIENCE = 'https://api.acme.test';
const ADA = { userId: 'ada', email: 'ada@acme.test', tenantId: 'acme' };
const HOUR = 3_600_000;

/** Stands in for the key server of the issuer: a real server that publishes what a test wants it to. */
let keyServer: Server;
let client: ServiceClient;
let published: object | undefined;
let fetches = 0;
let passedMs = 0;
let first: KeyPair;
let second: KeyPair;

beforeAll(async () => {
  first = await generateKeyPair('ES256', { extractable: true });
  second = await generateKeyPair('ES256', { extractable: true });
  keyServer = createServer((_request, response) => {
    fetches += 1;
    response.writeHead(published === undefined ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(published ?? {}));
  });
  await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  keyServer.closeAllConnections();
  await new Promise((resolve) => keyServer.close(resolve));
});

beforeEach(async () => {
  published = await publicKeys({ first });
  fetches = 0;
  passedMs = 0;
  const baseUrl = `http://127.0.0.1:${String((keyServer.address() as AddressInfo).port)}`;
  client = new ServiceClient({ baseUrl, timeout: 5_000 });
});

afterEach(() => client.close());

async function publicKeys(pairs: Record<string, KeyPair>): Promise<object> {
  const keys = Object.entries(pairs).map(async ([kid, { publicKey }]) => {
    return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  });
  return { keys: await Promise.all(keys) };
}

function sign(claims: object = {}, header: object = {}, pair = first): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const usual = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', email: ADA.email, tenantId: ADA.tenantId, exp: now + 60 };
  return new SignJWT({ ...usual, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'first', typ: 'JWT', ...header })
    .sign(pair.privateKey);
}

/** Both clocks run by themselves, and as a test moves them. */
function createVerifier(options: Partial<LocalVerifierOptions> = {}): (token: string) => Promise<unknown> {
  const clock = (): number => performance.now() + passedMs;
  const now = (): number => Date.now() + passedMs;
  const create = localVerifier({ issuer: ISSUER, audience: AUDIENCE, clock, now, ...options });
  const verify = create(client, { warn: () => undefined });
  return async (token) => verify(token);
}

describe('local verifier', () => {
  it('accepts a token of the issuer, and fetches its keys once', async () => {
    const verify = createVerifier();
    expect(await verify(await sign())).toEqual(ADA);
    expect(await verify(await sign({ aud: ['another', AUDIENCE] }, { typ: 'at+jwt' }))).toEqual(ADA);
    expect(fetches).toBe(1);
  });

  it('refuses a token that is not for this service, not in time, or no access token', async () => {
    const tokens: [string, object, object][] = [
      ['another issuer', { iss: 'https://login.evil.test' }, {}],
      ['no issuer', { iss: undefined }, {}],
      ['another audience', { aud: 'https://shop.acme.test' }, {}],
      ['an expiry in the past', { exp: 1 }, {}],
      ['no expiry', { exp: undefined }, {}],
      ['a beginning in the future', { nbf: 4_000_000_000 }, {}],
      ['no subject', { sub: undefined }, {}],
      ['the purpose of a refresh token', { typ: 'Refresh' }, {}],
      ['the purpose of an ID token', { token_use: 'id' }, {}],
      ['the header of a logout token', {}, { typ: 'logout+jwt' }],
      ['an unknown key', {}, { kid: 'third' }],
    ];
    const verify = createVerifier();
    const accepted: string[] = [];
    for (const [what, claims, header] of tokens) {
      if ((await verify(await sign(claims, header))) !== null) accepted.push(what);
    }
    expect(accepted).toEqual([]);
  });

  it('refuses a token that is not signed by a key of the issuer', async () => {
    const verify = createVerifier();
    const [, payload = '', signature = ''] = (await sign()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await verify(`${none}.${payload}.`)).toBe(null);
    expect(await verify(`${none}.${payload}.${signature}`)).toBe(null);
    expect(await verify(await sign({}, {}, second))).toBe(null);
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(first.publicKey)));
    const confused = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: 4_000_000_000 })
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .sign(secret);
    expect(await verify(confused)).toBe(null);
  });

  it('remembers a token until it expires', async () => {
    const verify = createVerifier();
    const token = await sign();
    const user = await verify(token);
    expect(await verify(token)).toBe(user);
    passedMs = 66_000;
    expect(await verify(token)).toBe(null);
  });

  it('accepts a new key, and asks for unknown ones once per cool-down', async () => {
    const verify = createVerifier();
    const token = await sign({}, { kid: 'second' }, second);
    expect(await verify(token)).toBe(null);
    published = await publicKeys({ first, second });
    expect(await verify(token)).toBe(null);
    expect(fetches).toBe(1);
    passedMs = 30_000;
    expect(await verify(token)).toEqual(ADA);
    expect(fetches).toBe(2);
  });

  it('works on while the key server is down, with the keys that it knows', async () => {
    const verify = createVerifier();
    expect(await verify(await sign())).toEqual(ADA);
    published = undefined;
    passedMs = 24 * HOUR;
    expect(await verify(await sign({ exp: 4_000_000_000 }))).toEqual(ADA);
    // Nobody can tell yet whether a key that is unknown is new.
    const unknown = await sign({ exp: 4_000_000_000 }, { kid: 'second' }, second);
    await expect(verify(unknown)).rejects.toMatchObject({ name: 'ServiceClientError' });
  });

  it('cannot tell without any key', async () => {
    published = undefined;
    await expect(createVerifier()(await sign())).rejects.toMatchObject({ kind: 'http', status: 500 });
    published = { keys: [] };
    await expect(createVerifier()(await sign())).rejects.toMatchObject({ kind: 'invalid_response' });
  });

  it('does not start without issuer, audience or an asymmetric algorithm', () => {
    for (const options of [{ issuer: '' }, { audience: '' }, { algorithms: ['HS256'] }]) {
      expect(() => createVerifier(options)).toThrow(TypeError);
    }
  });
});
