import { createHmac } from 'node:crypto';
import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { AuthVerifyOptions } from '../src/plugins/auth-verify.js';
import { createMemoryStore, createRedisStore } from '../src/utils/token-blacklist.js';

// Configuration is read when it is imported, so this comes first and the route is imported later.
const SECRET = (process.env['JWT_SECRET'] = 'a-secret-of-these-tests-with-32-bytes-or-more');
const HASHES = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;
const OTHER_ALGORITHM = 'HS512';

let authVerify: typeof import('../src/plugins/auth-verify.js').default;
const apps: FastifyInstance[] = [];
let log = '';

beforeAll(async () => {
  ({ default: authVerify } = await import('../src/plugins/auth-verify.js'));
});

beforeEach(() => {
  log = '';
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function buildApp(options: AuthVerifyOptions = {}): Promise<FastifyInstance> {
  const stream = {
    write: (line: string): void => {
      log += line;
    },
  };
  const app = Fastify({ logger: { level: 'debug', stream } });
  await app.register(fastifyJwt, { secret: SECRET });
  const defaults = { serviceAuthSecret: '', blacklistStore: createMemoryStore() };
  await app.register(authVerify, { ...defaults, ...options });
  apps.push(app);
  return app;
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

function createToken(
  claims: Record<string, unknown> = {},
  algorithm: keyof typeof HASHES = 'HS256',
  secret = SECRET,
): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const usual = {
    sub: 'user-1',
    email: 'user@example.com',
    tenantId: 'tenant-1',
    exp: inSeconds(60),
  };
  const input = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode({ ...usual, ...claims })}`;
  return `${input}.${createHmac(HASHES[algorithm], secret).update(input).digest('base64url')}`;
}

async function verify(
  app: FastifyInstance,
  token: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }> {
  const response = await app.inject({
    method: 'POST',
    url: '/auth/verify',
    headers,
    payload: { token },
  });
  const body = response.json<Record<string, unknown>>();
  return { status: response.statusCode, body, headers: response.headers };
}

describe('POST /auth/verify, tokens', () => {
  it('tells who a valid token belongs to', async () => {
    const { status, body, headers } = await verify(await buildApp(), createToken());

    expect(status).toBe(200);
    expect(body).toEqual({
      valid: true,
      userId: 'user-1',
      email: 'user@example.com',
      tenantId: 'tenant-1',
    });
    expect(headers['cache-control']).toBe('no-store');
  });

  it('gives numbers as text, and leaves out what the token does not say', async () => {
    const token = createToken({ sub: 42, email: undefined, tenantId: undefined });
    const { status, body } = await verify(await buildApp(), token);

    expect(status).toBe(200);
    expect(body).toEqual({ valid: true, userId: '42' });
  });

  it('refuses a token without a user', async () => {
    for (const nobody of [undefined, null, '', {}, true]) {
      const { status, body } = await verify(await buildApp(), createToken({ sub: nobody }));
      expect(status).toBe(401);
      expect(body['code']).toBe('invalid');
    }
  });

  it('refuses what is no token', async () => {
    const app = await buildApp();
    for (const garbage of ['', 'garbage', 'a.b', 'a.b.c', '..', 'e30.e30.', '{"alg":"none"}']) {
      const { status, body } = await verify(app, garbage);
      expect(status).toBe(401);
      expect(body['valid']).toBe(false);
    }
    const { body } = await verify(app, 'garbage');
    expect(body).toEqual({ valid: false, error: 'Token is malformed', code: 'malformed' });
  });

  it('refuses a token that was signed by somebody else, or changed', async () => {
    const app = await buildApp();
    const [header = '', , signature = ''] = createToken().split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'admin' })).toString('base64url');
    for (const token of [
      createToken({}, 'HS256', 'another-secret-with-32-bytes-or-more'),
      `${header}.${claims}.${signature}`,
    ]) {
      const { status, body } = await verify(app, token);
      expect(status).toBe(401);
      expect(body).toEqual({ valid: false, error: 'Token is invalid', code: 'invalid' });
    }
  });

  it('accepts one algorithm only', async () => {
    const app = await buildApp();
    const unsigned = { alg: 'none', typ: 'JWT' };
    const header = Buffer.from(JSON.stringify(unsigned)).toString('base64url');
    const [, claims = ''] = createToken().split('.');
    for (const token of [createToken({}, OTHER_ALGORITHM), `${header}.${claims}.`]) {
      const { status, body } = await verify(app, token);
      expect(status).toBe(401);
      expect(body['valid']).toBe(false);
    }
  });

  it('refuses a token that has expired', async () => {
    const { status, body } = await verify(await buildApp(), createToken({ exp: inSeconds(-60) }));

    expect(status).toBe(401);
    expect(body).toEqual({ valid: false, error: 'Token has expired', code: 'expired' });
  });
});

describe('POST /auth/verify, revoked tokens', () => {
  it('refuses a token that was revoked, and no other', async () => {
    const app = await buildApp();
    const [revoked, other] = [createToken({ jti: 'one' }), createToken({ jti: 'other' })];
    expect((await verify(app, revoked)).status).toBe(200);
    await app.tokenBlacklist.revoke(revoked);

    const { status, body } = await verify(app, revoked);
    expect(status).toBe(401);
    expect(body).toEqual({ valid: false, error: 'Token has been revoked', code: 'revoked' });
    expect((await verify(app, other)).status).toBe(200);
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

    expect((await app.inject({ ...logout, headers })).statusCode).toBe(204);
    expect((await verify(app, token)).body['code']).toBe('revoked');
    // Somebody without a token is logged out already.
    expect((await app.inject(logout)).statusCode).toBe(204);
  });

  it('keeps nothing for tokens that are no good anyway', async () => {
    const kept: string[] = [];
    const add = (key: string): Promise<void> => Promise.resolve(void kept.push(key));
    const app = await buildApp({ blacklistStore: { add, has: () => Promise.resolve(false) } });
    const forged = createToken(
      { jti: 'of somebody else' },
      'HS256',
      'another-secret-with-32-bytes-or-more',
    );
    for (const token of ['garbage', createToken({ exp: inSeconds(-60) }), forged]) {
      await app.tokenBlacklist.revoke(token);
    }
    expect(kept).toEqual([]);
  });

  it('never stores the token itself', async () => {
    const kept: string[] = [];
    const add = (key: string): Promise<void> => Promise.resolve(void kept.push(key));
    const app = await buildApp({ blacklistStore: { add, has: () => Promise.resolve(false) } });
    const token = createToken();
    await app.tokenBlacklist.revoke(token);

    expect(kept.length).toBe(1);
    expect(kept.join().includes(token)).toBe(false);
    expect(String(kept[0])).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('says 503 when it cannot ask whether a token was revoked', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('the store is down'));
    const app = await buildApp({ blacklistStore: { add: fail, has: fail } });
    const { status, body } = await verify(app, createToken());

    expect(status).toBe(503);
    expect(body).toEqual({ valid: false, error: 'Token status is not available' });
    await expect(app.tokenBlacklist.revoke(createToken())).rejects.toMatchObject({
      message: 'the store is down',
    });
  });

  it('forgets nothing before its time when the memory is full', async () => {
    const store = createMemoryStore(2);
    await store.add('one', 60);
    await store.add('two', 60);
    await expect(store.add('three', 60)).rejects.toMatchObject({
      message: 'The token blacklist is full (2 entries)',
    });

    expect(await store.has('one')).toBe(true);
    expect(await store.has('two')).toBe(true);
    expect(await store.has('three')).toBe(false);
  });

  it('keeps revoked tokens in Redis for the rest of their life', async () => {
    const commands: unknown[][] = [];
    const store = createRedisStore({
      set: (...command) => Promise.resolve(commands.push(command)),
      exists: (key) => Promise.resolve(key === 'token-blacklist:known' ? 1 : 0),
    });
    await store.add('jti:1', 60);

    expect(commands).toEqual([['token-blacklist:jti:1', '1', { EX: 60 }]]);
    expect(await store.has('known')).toBe(true);
    expect(await store.has('unknown')).toBe(false);
  });

  it('says 503 within a moment when Redis does not answer', async () => {
    const silence = new Promise<never>(() => undefined);
    const app = await buildApp({
      blacklistStore: createRedisStore({ set: () => silence, exists: () => silence }),
    });
    const startedAt = performance.now();

    expect((await verify(app, createToken())).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('POST /auth/verify, requests', () => {
  it('answers 400 for a body that does not fit', async () => {
    const app = await buildApp();
    for (const token of [undefined, {}, [], 'a'.repeat(8_193)]) {
      const { status, body } = await verify(app, token);
      expect(status).toBe(400);
      expect(body['valid']).toBe(false);
    }
    const headers = { 'content-type': 'application/json' };
    const broken = { method: 'POST', url: '/auth/verify', headers, payload: '{' } as const;
    expect((await app.inject(broken)).statusCode).toBe(400);
  });

  it('takes other keys beside the token', async () => {
    const payload = { token: createToken(), more: 'of this' };
    const response = await (
      await buildApp()
    ).inject({ method: 'POST', url: '/auth/verify', payload });

    expect(response.statusCode).toBe(200);
  });

  it('answers callers with the service secret only, where there is one', async () => {
    const app = await buildApp({ serviceAuthSecret: 'between-services' });
    const token = createToken();
    const none: Record<string, string> = {};
    for (const headers of [none, { 'x-service-secret': '' }, { 'x-service-secret': 'guess' }]) {
      const { status, body } = await verify(app, token, headers);
      expect(status).toBe(403);
      expect(body).toEqual({ valid: false, error: 'Forbidden' });
    }
    const known = await verify(app, token, { 'x-service-secret': 'between-services' });
    expect(known.status).toBe(200);
    expect(log.includes('between-services')).toBe(false);
  });

  it('echoes a correlation ID, and makes one where there is none to trust', async () => {
    const app = await buildApp();
    const given = await verify(app, createToken(), { 'x-correlation-id': 'request-1' });
    expect(given.headers['x-correlation-id']).toBe('request-1');
    expect(log.includes('"correlationId":"request-1"')).toBe(true);

    for (const bad of ['', 'a b', 'a'.repeat(129)]) {
      const { headers } = await verify(app, createToken(), { 'x-correlation-id': bad });
      expect(String(headers['x-correlation-id'])).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('never logs a token', async () => {
    const app = await buildApp();
    const tokens = [createToken(), createToken({ exp: 1 }), `${createToken()}x`];
    for (const token of tokens) await verify(app, token);

    for (const token of tokens) expect(log.includes(token)).toBe(false);
    expect(log === '').toBe(false);
  });

  it('does not start in production with a secret that can be guessed', async () => {
    const environment = process.env;
    process.env = { ...environment, NODE_ENV: 'production', JWT_SECRET: 'short' };
    try {
      await expect(buildApp()).rejects.toMatchObject({
        message: 'The JWT secret must have at least 32 bytes',
      });
    } finally {
      process.env = environment;
    }
  });
});
