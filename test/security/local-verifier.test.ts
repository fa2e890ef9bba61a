import { createHmac } from 'node:crypto';

import { afterEach, describe, expect, it } from 'vitest';

import {
  localVerifier,
  type LocalVerifierOptions,
} from '../../templates/add-auth-middleware/local-verifier.ts';
import { ServiceClient } from '../../templates/add-service-client/service-client.ts';
import {
  type Answer,
  audience,
  encode,
  issuer,
  json,
  type KeyServer,
  newKey,
  newToken,
  publish,
  seconds,
  signText,
  startKeyServer,
} from './local-issuer.ts';

const key = newKey('one');
const rsa = newKey('rsa', 'RS256');
const encryption = newKey('enc', 'RS256');
const small = newKey('small', 'RS256', 1_024);
const stranger = newKey('one');
const oct = { kty: 'oct', kid: 'oct', alg: 'HS256', k: encode('a-secret-of-at-least-thirty-two-bytes') };
const published = [
  key,
  rsa,
  { ...encryption.jwk, use: 'enc' },
  { ...small.jwk, alg: undefined },
  { ...oct, alg: undefined },
  'no key',
  null,
];
const hour = 3_600_000;

interface Verifier {
  readonly verify: (token: string) => Promise<unknown>;
  readonly server: KeyServer;
  readonly client: ServiceClient;
  readonly warnings: unknown[];
  /** Of both clocks, in milliseconds. */
  readonly pass: (ms: number) => void;
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(
  answer: Answer = publish(...published),
  options: Partial<LocalVerifierOptions> = {},
): Promise<Verifier> {
  const server = await startKeyServer(answer);
  const circuit = { failureThreshold: 3, successThreshold: 2, timeout: 30_000 };
  let passedMs = 0;
  const clock = (): number => performance.now() + passedMs;
  const client = new ServiceClient({
    baseUrl: server.origin,
    // Longer than a busy machine needs for a thousand tokens.
    timeout: 2_000,
    maxResponseBytes: 65_536,
    retry: false,
    headers: { 'x-service-secret': 'of the auth service' },
    circuitBreakerOptions: { ...circuit, clock },
  });
  open.push(client, server);
  const warnings: unknown[] = [];
  const log = { warn: (details: object) => void warnings.push(details) };
  const now = (): number => Date.now() + passedMs;
  const verify = localVerifier({ issuer, audience, clock, now, ...options })(client, log);
  return {
    verify: async (token) => verify(token),
    server,
    client,
    warnings,
    pass: (ms) => {
      passedMs += ms;
    },
  };
}

const valid = newToken(key);
const [head = '', body = '', signature = ''] = valid.split('.');
const ada = { userId: 'ada', email: 'ada@acme.test', tenantId: 'acme' };

function hmac(secret: string | Buffer, header: object = {}): string {
  const input = `${encode({ alg: 'HS256', kid: 'one', typ: 'JWT', ...header })}.${body}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const own = { ...newKey('own').jwk };

/** Tokens that nobody may be let in with, whoever signed them. */
const attacks: Readonly<Record<string, string>> = {
  'alg none': `${encode({ alg: 'none', kid: 'one' })}.${body}.`,
  'alg nOnE with a signature': `${encode({ alg: 'nOnE', kid: 'one' })}.${body}.${signature}`,
  'no alg': signText(`${encode({ kid: 'one' })}.${body}`, key),
  'alg as a list': signText(`${encode({ alg: ['ES256'], kid: 'one' })}.${body}`, key),
  'the public key as an HMAC secret': hmac(pem),
  'the public key with a newline before it': hmac(`\n${pem}`),
  'the public key as DER': hmac(key.publicKey.export({ type: 'spki', format: 'der' })),
  'the public key as JWK': hmac(JSON.stringify(key.jwk)),
  'a symmetric key that is published': hmac('a-secret-of-at-least-thirty-two-bytes', { kid: 'oct' }),
  'RS256 with the key of ES256': newToken(rsa, {}, { kid: 'one' }),
  'PS256 with a key for RS256': newToken({ ...rsa, algorithm: 'PS256' }),
  'ES384 in the header': newToken(key, {}, { alg: 'ES384' }),
  'a key for encryption': newToken(encryption),
  'an RSA key of 1024 bits': newToken(small),
  'a stranger with a known key ID': newToken(stranger),
  'a key of its own': newToken(stranger, {}, { kid: 'own', jwk: own }),
  'no key ID, and a key of its own': newToken(stranger, {}, { kid: undefined, jwk: own }),
  'a key ID that is a path': newToken(stranger, {}, { kid: '../../../dev/null' }),
  'a key ID that is SQL': newToken(stranger, {}, { kid: "x' UNION SELECT 'secret" }),
  'a key ID of a prototype': newToken(stranger, {}, { kid: '__proto__' }),
  'a key ID that is a number': newToken(stranger, {}, { kid: 1 }),
  'a key ID of 5 KB': newToken(stranger, {}, { kid: 'k'.repeat(5_000) }),
  'another issuer': newToken(key, { iss: 'https://login.evil.test/' }),
  'an issuer that begins alike': newToken(key, { iss: `${issuer}evil` }),
  'the issuer without its slash': newToken(key, { iss: issuer.slice(0, -1) }),
  'a list of issuers': newToken(key, { iss: [issuer] }),
  'no issuer': newToken(key, { iss: undefined }),
  'another audience': newToken(key, { aud: 'https://shop.acme.test' }),
  'a list without the audience': newToken(key, { aud: ['https://shop.acme.test'] }),
  'an audience that is an object': newToken(key, { aud: { [audience]: true } }),
  'no audience': newToken(key, { aud: undefined }),
  'no expiry': newToken(key, { exp: undefined }),
  'an expiry that is text': newToken(key, { exp: String(seconds(60)) }),
  'an expiry of 0': newToken(key, { exp: 0 }),
  'a negative expiry': newToken(key, { exp: -1 }),
  'an expiry that is null': newToken(key, { exp: null }),
  'an expiry beyond the tolerance': newToken(key, { exp: seconds(-7) }),
  'a beginning in the future': newToken(key, { nbf: seconds(30) }),
  'a beginning that is text': newToken(key, { nbf: 'now' }),
  'no subject': newToken(key, { sub: undefined }),
  'an empty subject': newToken(key, { sub: '' }),
  'a subject that is an object': newToken(key, { sub: { id: 'ada' } }),
  'a refresh token of Keycloak': newToken(key, { typ: 'Refresh' }),
  'an ID token of Keycloak': newToken(key, { typ: 'ID' }),
  'an ID token of Cognito': newToken(key, { token_use: 'id' }),
  'a logout token': newToken(key, {}, { typ: 'logout+jwt' }),
  'a token of a service': newToken(key, {}, { typ: 'service+jwt' }),
  'a security event': newToken(key, {}, { typ: 'secevent+jwt' }),
  'a proof of possession': newToken(key, {}, { typ: 'dpop+jwt' }),
  'a token that is bound to a key': newToken(key, { cnf: { jkt: 'thumbprint' } }),
  'an extension that nobody knows': newToken(key, {}, { crit: ['exp'], exp: 1 }),
  'an unencoded payload': newToken(key, {}, { b64: false, crit: ['b64'] }),
  'changed claims': `${head}.${encode({ sub: 'admin' })}.${signature}`,
  'a signature that was cut': `${head}.${body}.${signature.slice(0, -4)}`,
  'a signature of zeros': `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
  'a signature as DER': `${head}.${body}.${Buffer.from([48, 6, 2, 1, 0, 2, 1, 0]).toString('base64url')}`,
  'no signature': `${head}.${body}.`,
  'padding after it': `${valid}==`,
  'standard base64': valid.replaceAll('-', '+').replaceAll('_', '/').concat('='),
  'unused bits of the last character': valid.slice(0, -1) + (valid.endsWith('A') ? 'B' : 'x'),
  'a newline before it': `\n${valid}`,
  'a space in it': valid.replace('.', ' .'),
  'four parts': `${valid}.${signature}`,
  'an encrypted token': `${head}.${body}.${signature}.${body}.${signature}`,
  'two parts': `${head}.${body}`,
  nothing: '',
  dots: '..',
  'parts that are no JSON': signText(`${Buffer.from('{').toString('base64url')}.${body}`, key),
  'claims that are null': signText(`${head}.${encode(null)}`, key),
  'claims that are a list': signText(`${head}.${encode([1])}`, key),
  'claims of 5 000 brackets': signText(
    `${head}.${Buffer.from('['.repeat(5_000)).toString('base64url')}`,
    key,
  ),
};

describe('local verification refuses', () => {
  it.each(Object.entries(attacks))('%s', async (_name, token) => {
    const { server, verify } = await start();
    expect(await verify(token)).toBeNull();
    expect(await verify(token)).toBeNull();
    expect(await verify(valid)).toEqual(ada);
    expect(server.requests.length).toBeLessThanOrEqual(1);
  });

  it.each(['jku', 'x5u'])('keys from where the token says (%s)', async (header) => {
    const trap = await startKeyServer(publish(stranger));
    open.push(trap);
    const { server, verify } = await start();
    const token = newToken(stranger, {}, { kid: 'elsewhere', [header]: `${trap.origin}/keys` });
    expect(await verify(token)).toBeNull();
    expect(trap.requests).toEqual([]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/.well-known/jwks.json']);
  });
});

describe('local verification takes', () => {
  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'] as const)('a token that %s signed', async (algorithm) => {
    const one = newKey('a', algorithm);
    const { verify } = await start(publish({ ...one.jwk, alg: undefined, use: undefined }));
    expect(await verify(newToken(one))).toEqual(ada);
    expect(await verify(newToken(one, { aud: ['x', audience] }, { typ: 'at+jwt' }))).toEqual(ada);
    expect(await verify(newToken(one, {}, { typ: undefined, kid: undefined }))).toEqual(ada);
    expect(await verify(newToken(one, { exp: seconds(-3), nbf: seconds(3) }))).toEqual(ada);
  });

  it('claims by other names, numbers as text, and no email that is not verified', async () => {
    const { verify } = await start();
    const claims = { sub: undefined, user_id: 7, tenantId: undefined, org_id: 9, email_verified: false };
    expect(await verify(newToken(key, claims))).toEqual({ userId: '7', email: undefined, tenantId: '9' });
  });
});

describe('local verification does not start', () => {
  it.each<[string, Partial<LocalVerifierOptions>]>([
    ['an issuer', { issuer: '' }],
    ['an audience', { audience: '' }],
    ['any audience', { audience: [] }],
    ['every audience', { audience: [audience, ''] }],
    ['algorithms', { algorithms: [] }],
    ['asymmetric algorithms', { algorithms: ['ES256', 'HS256'] }],
    ['algorithms other than none', { algorithms: ['none'] }],
    ['a tolerance in seconds', { clockToleranceS: 5_000 }],
    ['a number of tokens', { maxTokens: 0 }],
  ])('without %s', (_name, options) => {
    expect(() => localVerifier({ issuer, audience, ...options })).toThrow(/must|needs/u);
  });
});

const lies: Readonly<Record<string, Answer>> = {
  'a page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
  'no keys': json({}),
  'an empty set': json({ keys: [] }),
  'keys that are no list': json({ keys: { one: key.jwk } }),
  null: json(null),
  'symmetric keys': json({ keys: [oct] }),
  'keys for encryption': json({ keys: [{ ...key.jwk, use: 'enc' }] }),
  'a megabyte': json({ keys: Array.from({ length: 5_000 }, () => key.jwk) }),
  'half an answer': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"keys":');
    response.destroy();
  },
  nothing: () => undefined,
  404: json({}, 404),
  500: json({}, 500),
  'a closed connection': (response) => response.destroy(),
};

describe('a key server that answers', () => {
  it.each(Object.entries(lies))('%s lets nobody in, and takes nobody out', async (_name, lie) => {
    const { pass, server, verify } = await start(lie);
    await expect(verify(valid)).rejects.toMatchObject({ name: 'ServiceClientError' });

    server.answer = publish(key);
    pass(1_000);
    expect(await verify(valid)).toEqual(ada);

    server.answer = lie;
    pass(hour);
    expect(await verify(newToken(key, { exp: seconds(7_200) }))).toEqual(ada);
    await expect.poll(() => server.requests.length).toBe(3);
    expect(await verify(newToken(key, { exp: seconds(7_300) }))).toEqual(ada);
  });

  it('with a redirect is not followed', async () => {
    const trap = await startKeyServer(publish(stranger));
    open.push(trap);
    const { verify } = await start((response) => {
      response.writeHead(302, { location: `${trap.origin}/.well-known/jwks.json` }).end();
    });
    await expect(verify(newToken(stranger))).rejects.toMatchObject({ name: 'ServiceClientError' });
    expect(trap.requests).toEqual([]);
  });

  it('with a key off its curve makes no mistake of ours', async () => {
    const { verify } = await start(publish({ ...key.jwk, x: encode('off the curve') }, rsa));
    await expect(verify(valid)).rejects.toMatchObject({ kind: 'invalid_response' });
    expect(await verify(newToken(rsa))).toEqual(ada);
  });

  it('with a private key gives away nothing of it', async () => {
    const secretPart = key.privateKey.export({ format: 'jwk' });
    const { verify } = await start(publish({ ...secretPart, kid: 'one', key_ops: ['sign', 'verify'] }));
    expect(await verify(valid)).toEqual(ada);
  });

  it('gets no secret of the auth service', async () => {
    const { server, verify } = await start();
    await verify(valid);
    expect(server.requests[0]?.headers['x-service-secret']).toBe('');
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe('the keys', () => {
  it('are fetched once for a crowd', async () => {
    const { server, verify } = await start();
    const tokens = Array.from({ length: 100 }, (_, index) => newToken(key, { jti: String(index) }));
    expect(await Promise.all(tokens.map(verify))).toEqual(tokens.map(() => ada));
    expect(server.requests).toHaveLength(1);
  });

  it('are fetched at most twice for 10 000 tokens with unknown key IDs in 10 s', async () => {
    const { pass, server, verify } = await start();
    await verify(valid);
    pass(hour);
    const forged = newToken(stranger);
    const [, claims = '', mark = ''] = forged.split('.');
    for (let second = 0; second < 10; second += 1) {
      const tokens = Array.from({ length: 1_000 }, (_, index) => {
        return `${encode({ alg: 'ES256', kid: `${String(second)}-${String(index)}` })}.${claims}.${mark}`;
      });
      expect(new Set(await Promise.all(tokens.map(verify)))).toEqual(new Set([null]));
      pass(1_000);
    }
    expect(server.requests.length).toBeLessThanOrEqual(1 + 2);
  });

  it('verify for 24 h while their server is dead, and not for ever', async () => {
    const { client, pass, server, verify, warnings } = await start();
    expect(await verify(valid)).toEqual(ada);
    server.answer = (response) => response.destroy();
    for (let hours = 1; hours <= 24; hours += 1) {
      pass(hour);
      const token = newToken(key, { exp: seconds(25 * 3_600), jti: String(hours) });
      expect(await verify(token)).toEqual(ada);
      await expect.poll(() => warnings.length).toBe(hours);
    }
    client.resetCircuit();
    pass(25 * hour);
    await expect(verify(newToken(key, { exp: seconds(60 * 3_600) }))).rejects.toMatchObject({
      name: 'ServiceClientError',
    });
  });

  it('that are new wait while their server is dead: nobody can tell', async () => {
    const { pass, server, verify } = await start();
    await verify(valid);
    server.answer = json({}, 500);
    pass(31_000);
    const next = newToken(newKey('two'));
    await expect(verify(next)).rejects.toMatchObject({ name: 'ServiceClientError' });
    await expect(verify(next)).rejects.toMatchObject({ name: 'ServiceClientError' });
    expect(server.requests).toHaveLength(2);
    expect(await verify(valid)).toEqual(ada);
  });

  it('rotate without a refused token when they are published before they sign', async () => {
    const { pass, server, verify } = await start(publish(key));
    const next = newKey('two');
    expect(await verify(valid)).toEqual(ada);
    server.answer = publish(key, next);
    pass(31_000);
    expect(await verify(newToken(next))).toEqual(ada);
    expect(await verify(valid)).toEqual(ada);
    expect(server.requests).toHaveLength(2);
  });

  it('that are withdrawn verify nothing after the next fetch, remembered tokens included', async () => {
    const { pass, server, verify } = await start(publish(key, rsa));
    const long = newToken(key, { exp: seconds(7_200) });
    expect(await verify(long)).toEqual(ada);
    server.answer = publish(rsa);
    pass(600_000);
    // The answer that starts the fetch is still the old one.
    expect(await verify(long)).toEqual(ada);
    await expect.poll(() => verify(long)).toBeNull();
    expect(await verify(newToken(rsa, { exp: seconds(7_200) }))).toEqual(ada);
  });

  it('are asked for no more while the circuit is open, and the wait is known', async () => {
    const { client, pass, server, verify } = await start((response) => response.destroy());
    for (let call = 0; call < 3; call += 1) {
      await expect(verify(valid)).rejects.toMatchObject({ kind: 'network' });
      pass(1_000);
    }
    expect(client.getCircuitStats().state).toBe('OPEN');
    expect(await verify(valid)).toBeGreaterThan(25_000);
    expect(server.requests).toHaveLength(3);
    server.answer = publish(key);
    pass(30_000);
    expect(await verify(newToken(key))).toEqual(ada);
  });
});

describe('a verified token', () => {
  it('is remembered to its expiry, and not a moment longer', async () => {
    const { pass, verify } = await start();
    const token = newToken(key, { exp: seconds(60) });
    const first = await verify(token);
    expect(await verify(token)).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    pass(66_000);
    expect(await verify(token)).toBeNull();
  });

  it('takes no more than its share of the memory', async () => {
    const { verify } = await start(publish(key), { maxTokens: 2 });
    const [one, two, three] = ['a', 'b', 'c'].map((jti) => newToken(key, { jti })) as [
      string,
      string,
      string,
    ];
    // One after the other: at once, it is not said which of them ends first.
    const first = await verify(one);
    await verify(two);
    const third = await verify(three);
    expect(await verify(three)).toBe(third);
    expect(await verify(one)).not.toBe(first);
  });
});
