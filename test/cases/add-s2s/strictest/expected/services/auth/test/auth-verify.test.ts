import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';

import type { AuthVerifyOptions } from '../src/plugins/auth-verify.ts';
import { type BlacklistStore, TokenBlacklist, createMemoryStore } from '../src/utils/token-blacklist.ts';
import { tokenKey } from '../src/utils/token-key.ts';
import { decodeClaims } from '../src/utils/token-verifier.ts';

// Configuration is read when it is imported, so this comes first and the route is imported later.
const SECRET = (process.env['JWT_SECRET'] = 'a-secret-of-these-tests-with-32-bytes-or-more');
const HASHES = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;
const OTHER_ALGORITHM = 'HS512';

let authVerify: typeof import('../src/plugins/auth-verify.ts').authVerify;
let toIdentity: typeof import('../src/plugins/auth-verify.ts').toIdentity;
const apps: FastifyInstance[] = [];
let log = '';

before(async () => {
  ({ authVerify, toIdentity } = await import('../src/plugins/auth-verify.ts'));
});

beforeEach(() => {
  log = '';
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function buildApp(
  options: AuthVerifyOptions = {},
  prepare: (app: FastifyInstance) => void = () => undefined,
): Promise<FastifyInstance> {
  const stream = {
    write: (line: string): void => {
      log += line;
    },
  };
  const app = Fastify({ logger: { level: 'debug', stream } });
  prepare(app);
  await app.register(fastifyJwt, { secret: SECRET });
  const defaults = { serviceAuthSecret: '', blacklistStore: createMemoryStore() };
  await app.register(authVerify, { ...defaults, ...options });
  apps.push(app);
  return app;
}

/** The line that was logged with this message; empty when there is none. */
function logged(message: string): Record<string, unknown> {
  const lines = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.find(({ msg }) => msg === message) ?? {};
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

function createToken(
  claims: Record<string, unknown> = {},
  algorithm: keyof typeof HASHES = 'HS256',
  secret = SECRET,
): string {
  const usual = { sub: 'user-1', email: 'user@example.com', tenantId: 'tenant-1', exp: inSeconds(60) };
  const input = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode({ ...usual, ...claims })}`;
  return `${input}.${createHmac(HASHES[algorithm], secret).update(input).digest('base64url')}`;
}

async function verify(
  app: FastifyInstance,
  token: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }> {
  const response = await app.inject({ method: 'POST', url: '/auth/verify', headers, payload: { token } });
  const body = response.json<Record<string, unknown>>();
  return { status: response.statusCode, body, headers: response.headers };
}

describe('POST /auth/verify, tokens', () => {
  it('tells who a valid token belongs to', async () => {
    const { status, body, headers } = await verify(await buildApp(), createToken());

    assert.equal(status, 200);
    assert.deepEqual(body, {
      valid: true,
      userId: 'user-1',
      email: 'user@example.com',
      tenantId: 'tenant-1',
    });
    assert.equal(headers['cache-control'], 'no-store');
  });

  it('gives numbers as text, and leaves out what the token does not say', async () => {
    const token = createToken({ sub: 42, email: undefined, tenantId: undefined });
    const { status, body } = await verify(await buildApp(), token);

    assert.equal(status, 200);
    assert.deepEqual(body, { valid: true, userId: '42' });
  });

  it('knows the names that claims go by', () => {
    for (const name of ['sub', 'userId', 'user_id', 'id']) {
      assert.deepEqual(toIdentity({ [name]: 'user-1' }), { userId: 'user-1' });
    }
    for (const name of ['tenantId', 'tenant_id', 'tenant', 'orgId', 'org_id', 'org']) {
      assert.deepEqual(toIdentity({ sub: 1, [name]: 2 }), { userId: '1', tenantId: '2' });
    }
    assert.deepEqual(Object.keys(toIdentity({ sub: 1, email: '' })), ['userId']);
    assert.throws(() => toIdentity({ sub: Number.NaN }), /Token is invalid/);
  });

  it('can read a token without its key, and nothing else', () => {
    assert.deepEqual(decodeClaims(`e30.${encode({ a: 1 })}.x`), { a: 1 });
    for (const text of ['', 'e30.e30', 'e30.e30.x.y', 'e30..x', 'e30.e3.x']) {
      assert.throws(() => decodeClaims(text), /Token is malformed/);
    }
    for (const value of [null, 'text', 1, true, []]) {
      assert.throws(() => decodeClaims(`e30.${encode(value)}.x`), /Token is malformed/);
    }
  });

  it('refuses a token without a user', async () => {
    for (const nobody of [undefined, null, '', {}, true]) {
      const { status, body } = await verify(await buildApp(), createToken({ sub: nobody }));
      assert.equal(status, 401);
      assert.equal(body['code'], 'invalid');
    }
  });

  it('refuses refresh and ID tokens, and takes access tokens', async () => {
    const app = await buildApp();
    for (const name of ['token_use', 'token_type', 'tokenType', 'type', 'typ']) {
      for (const kind of ['refresh', 'ID', 'refresh_token']) {
        const { status, body } = await verify(app, createToken({ [name]: kind }));
        assert.equal(status, 401);
        assert.equal(body['code'], 'invalid');
      }
    }
    for (const name of ['token_use', 'token_type', 'tokenType', 'type', 'typ']) {
      for (const kind of ['access', 'Bearer', 'identity', 1]) {
        assert.equal((await verify(app, createToken({ [name]: kind }))).status, 200);
      }
    }
  });

  it('refuses what is no token', async () => {
    const app = await buildApp();
    for (const garbage of ['', 'garbage', 'a.b', 'a.b.c', '..', 'e30.e30.', '{"alg":"none"}']) {
      const { status, body } = await verify(app, garbage);
      assert.equal(status, 401);
      assert.equal(body['valid'], false);
    }
    const { body } = await verify(app, 'garbage');
    assert.deepEqual(body, { valid: false, error: 'Token is malformed', code: 'malformed' });
  });

  it('takes a token in one spelling only', async () => {
    const app = await buildApp();
    const token = createToken();
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = token.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? '');
    for (const text of [twin, `${token}=`, `${token}==`, `${token}\n`, ` ${token}`]) {
      assert.equal((await verify(app, text)).status, 401);
    }
  });

  it('refuses a token that was signed by somebody else, or changed', async () => {
    const app = await buildApp();
    const [header = '', , signature = ''] = createToken().split('.');
    const claims = encode({ sub: 'admin' });
    for (const token of [
      createToken({}, 'HS256', 'another-secret-with-32-bytes-or-more'),
      `${header}.${claims}.${signature}`,
    ]) {
      const { status, body } = await verify(app, token);
      assert.equal(status, 401);
      assert.deepEqual(body, { valid: false, error: 'Token is invalid', code: 'invalid' });
    }
  });

  it('accepts one algorithm only', async () => {
    const app = await buildApp();
    const other = await verify(app, createToken({}, OTHER_ALGORITHM));
    assert.equal(other.status, 401);
    assert.equal(other.body['code'], 'invalid');

    const [, claims = ''] = createToken().split('.');
    const unsigned = await verify(app, `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`);
    assert.equal(unsigned.status, 401);
    assert.equal(unsigned.body['valid'], false);
  });

  it('refuses a token that has expired', async () => {
    const { status, body } = await verify(await buildApp(), createToken({ exp: inSeconds(-60) }));

    assert.equal(status, 401);
    assert.deepEqual(body, { valid: false, error: 'Token has expired', code: 'expired' });
  });
});

describe('POST /auth/verify, revoked tokens', () => {
  it('refuses a token that was revoked, and no other', async () => {
    const app = await buildApp();
    const [revoked, other] = [createToken({ jti: 'one' }), createToken({ jti: 'other' })];
    assert.equal((await verify(app, revoked)).status, 200);
    await app.tokenBlacklist.revoke(revoked);

    const { status, body } = await verify(app, revoked);
    assert.equal(status, 401);
    assert.deepEqual(body, { valid: false, error: 'Token has been revoked', code: 'revoked' });
    assert.equal((await verify(app, other)).status, 200);
  });

  it('revokes the token of a request', async () => {
    const app = await buildApp();
    app.post('/test-logout', async (request, reply) => {
      await app.tokenBlacklist.revokeRequest(request);
      return reply.code(204).send();
    });
    const token = createToken();
    const headers = { authorization: `Bearer ${token}` };
    const logout = { method: 'POST', url: '/test-logout' } as const;

    assert.equal((await app.inject({ ...logout, headers })).statusCode, 204);
    assert.equal((await verify(app, token)).body['code'], 'revoked');
    // Somebody without a token is logged out already.
    assert.equal((await app.inject(logout)).statusCode, 204);
  });

  it('keeps nothing for tokens that are no good anyway', async () => {
    const kept: string[] = [];
    const add = (key: string): Promise<void> => Promise.resolve(void kept.push(key));
    const app = await buildApp({ blacklistStore: { add, has: () => Promise.resolve(false) } });
    const forged = createToken({ jti: 'of somebody else' }, 'HS256', 'another-secret-with-32-bytes-or-more');
    for (const token of ['garbage', createToken({ exp: inSeconds(-60) }), forged]) {
      await app.tokenBlacklist.revoke(token);
    }
    assert.deepEqual(kept, []);
  });

  it('keeps a token for longer than any verifier takes it, and refuses it later', async () => {
    const kept: number[] = [];
    const add = (_key: string, seconds: number): Promise<void> => Promise.resolve(void kept.push(seconds));
    const app = await buildApp({ blacklistStore: { add, has: () => Promise.resolve(false) } });
    for (const exp of [inSeconds(60), undefined]) await app.tokenBlacklist.revoke(createToken({ exp }));
    const [minute = 0, endless] = kept;

    assert.ok(minute > (60 + 600));
    assert.ok(minute < (60 + 667));
    assert.equal(endless, 3_153_600_000);
    assert.equal(await app.tokenBlacklist.isRevoked(createToken({ exp: inSeconds(-595) })), false);
    assert.equal(await app.tokenBlacklist.isRevoked(createToken({ exp: inSeconds(-601) })), true);
  });

  it('knows a token by its jti where it has a usable one', async () => {
    const kept: string[] = [];
    const add = (key: string): Promise<void> => Promise.resolve(void kept.push(key));
    const app = await buildApp({ blacklistStore: { add, has: () => Promise.resolve(false) } });
    const known: unknown[] = ['one', 'a'.repeat(257), '', 1, undefined];
    for (const jti of known) await app.tokenBlacklist.revoke(createToken({ jti }));

    assert.deepEqual(kept.map((key) => key.split(':')[0]), ['jti', 'jti', 'sha256', 'sha256', 'sha256']);
    // The same name is another token's at another issuer.
    const [here, there] = [{ jti: 'one' }, { jti: 'one', iss: 'elsewhere' }].map((claims) => tokenKey(createToken(claims)));
    assert.equal(here === there, false);
    assert.equal(here, kept[0]);
  });

  it('revokes Bearer tokens only, and keeps nothing that it cannot judge', async () => {
    const kept: string[] = [];
    const store: BlacklistStore = {
      add: (key) => Promise.resolve(void kept.push(key)),
      has: () => Promise.resolve(false),
    };
    const app = await buildApp({ blacklistStore: store });
    const token = createToken({ jti: 'one' });
    app.get('/test-logout', async (request) => {
      await app.tokenBlacklist.revokeRequest(request);
      return '';
    });
    for (const authorization of ['', token, `Basic ${token}`, `No Bearer ${token}`, `Bearer ${token} more`]) {
      await app.inject({ url: '/test-logout', headers: { authorization } });
    }
    assert.deepEqual(kept, []);
    await app.inject({ url: '/test-logout', headers: { authorization: `bearer   ${token}` } });
    assert.deepEqual(kept, [tokenKey(token)]);

    const blind = new TokenBlacklist(store, () => Promise.reject(new Error('the keys are gone')));
    await assert.rejects(blind.revoke(token), { message: 'the keys are gone' });
    assert.equal(await blind.isRevoked('no token'), false);
    assert.deepEqual(kept, [tokenKey(token)]);
  });

  it('never stores the token itself', async () => {
    const kept: string[] = [];
    const add = (key: string): Promise<void> => Promise.resolve(void kept.push(key));
    const app = await buildApp({ blacklistStore: { add, has: () => Promise.resolve(false) } });
    const token = createToken();
    await app.tokenBlacklist.revoke(token);

    assert.equal(kept.length, 1);
    assert.equal(kept.join().includes(token), false);
    assert.match(String(kept[0]), /^sha256:[0-9a-f]{64}$/);
  });

  it('says 503 when it cannot ask whether a token was revoked', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('the store is down'));
    const app = await buildApp({ blacklistStore: { add: fail, has: fail } });
    const { status, body } = await verify(app, createToken());

    assert.equal(status, 503);
    assert.deepEqual(body, { valid: false, error: 'Token status is not available' });
    assert.equal((logged('Token blacklist cannot be asked')['err'] as Error).message, 'the store is down');
    await assert.rejects(app.tokenBlacklist.revoke(createToken()), {
      message: 'the store is down',
    });
  });

  it('forgets nothing before its time when the memory is full', async () => {
    const store = createMemoryStore(2);
    await store.add('one', 60);
    await store.add('two', 60);
    await assert.rejects(store.add('three', 60), {
      message: 'The token blacklist is full (2 entries)',
    });

    assert.equal(await store.has('one'), true);
    assert.equal(await store.has('two'), true);
    assert.equal(await store.has('three'), false);
    await store.add('two', 60);

    const shortLived = createMemoryStore(2);
    await shortLived.add('gone', 0);
    assert.equal(await shortLived.has('gone'), false);
    await shortLived.add('one', 60);
    await shortLived.add('two', 60);
    assert.equal(await shortLived.has('one'), true);
  });
});

describe('POST /auth/verify, requests', () => {
  it('answers 400 for a body that does not fit', async () => {
    const app = await buildApp();
    for (const token of [undefined, {}, [], 'a'.repeat(8_193)]) {
      const { status, body } = await verify(app, token);
      assert.equal(status, 400);
      assert.equal(body['valid'], false);
    }
    const headers = { 'content-type': 'application/json' };
    const broken = { method: 'POST', url: '/auth/verify', headers, payload: '{' } as const;
    assert.equal((await app.inject(broken)).statusCode, 400);
  });

  it('takes other keys beside the token', async () => {
    const payload = { token: createToken(), more: 'of this' };
    const response = await (await buildApp()).inject({ method: 'POST', url: '/auth/verify', payload });

    assert.equal(response.statusCode, 200);
  });

  it('answers callers with the service secret only, where there is one', async () => {
    const app = await buildApp({ serviceAuthSecret: 'between-services' });
    const token = createToken();
    const none: Record<string, string> = {};
    for (const headers of [none, { 'x-service-secret': '' }, { 'x-service-secret': 'guess' }]) {
      const { status, body } = await verify(app, token, headers);
      assert.equal(status, 403);
      assert.deepEqual(body, { valid: false, error: 'Forbidden' });
    }
    const known = await verify(app, token, { 'x-service-secret': 'between-services' });
    assert.equal(known.status, 200);
    assert.equal(log.includes('between-services'), false);
    assert.equal(log.includes('the caller did not present the service secret'), true);
  });

  it('echoes a correlation ID, and makes one where there is none to trust', async () => {
    const app = await buildApp();
    const given = await verify(app, createToken(), { 'x-correlation-id': 'request-1' });
    assert.equal(given.headers['x-correlation-id'], 'request-1');
    assert.equal(log.includes('"correlationId":"request-1"'), true);

    for (const bad of ['', 'a b', 'a'.repeat(129)]) {
      const { headers } = await verify(app, createToken(), { 'x-correlation-id': bad });
      assert.match(String(headers['x-correlation-id']), /^[0-9a-f-]{36}$/);
    }
  });

  it('logs what it answered, with the correlation ID', async () => {
    const app = await buildApp();
    const headers = { 'x-correlation-id': 'request-1' };
    await verify(app, createToken(), headers);
    await verify(app, createToken({ exp: inSeconds(-60) }), headers);

    const [verified, refused] = [logged('Token verified'), logged('Token refused')];
    assert.deepEqual([verified['userId'], verified['correlationId']], ['user-1', 'request-1']);
    assert.deepEqual([refused['code'], refused['correlationId']], ['expired', 'request-1']);
  });

  it('tells nothing about what was not foreseen', async () => {
    const problems = { 429: 'Slow down', 500: 'at db:5432', 503: 'pool of db:5432' };
    for (const [status, message] of Object.entries(problems)) {
      const app = await buildApp({}, (before) => {
        const problem = Object.assign(new Error(message), { statusCode: Number(status) });
        before.addHook('preHandler', () => Promise.reject(problem));
      });
      const answer = await verify(app, createToken());
      const isTheirs = status === '429';
      assert.equal(answer.status, isTheirs ? 429 : 500);
      assert.deepEqual(answer.body, { valid: false, error: isTheirs ? message : 'Internal server error' });
      if (!isTheirs) assert.match(JSON.stringify(logged('Token verification failed')), /db:5432/);
    }
  });

  it('never logs a token', async () => {
    const app = await buildApp();
    const tokens = [createToken(), createToken({ exp: 1 }), `${createToken()}x`];
    for (const token of tokens) await verify(app, token);

    for (const token of tokens) assert.equal(log.includes(token), false);
    assert.equal(log === '', false);
  });

  it('does not start in production with a secret that can be guessed', async () => {
    const environment = { ...process.env };
    Object.assign(process.env, { NODE_ENV: 'production', JWT_SECRET: 'short' });
    try {
      await assert.rejects(buildApp(), {
        message: 'The JWT secret must have at least 32 bytes',
      });
      process.env['JWT_SECRET'] = 'a'.repeat(32);
      await buildApp();
      assert.deepEqual(logged('The JWT secret must have at least 32 bytes'), {});

      Object.assign(process.env, { NODE_ENV: 'test', JWT_SECRET: 'short' });
      await buildApp();
      assert.equal(logged('The JWT secret must have at least 32 bytes')['level'], 40);
    } finally {
      Reflect.deleteProperty(process.env, 'NODE_ENV');
      Object.assign(process.env, environment);
    }
  });
});
