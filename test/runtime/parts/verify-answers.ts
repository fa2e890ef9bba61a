import { createHmac } from 'node:crypto';

import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { Load } from './consumer-parts.ts';

type Claims = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Readonly<Record<string, unknown>>;
}

const secret = 'a-secret-of-these-tests-with-32-bytes-or-more';
const inert = { add: () => Promise.resolve(), has: () => Promise.resolve(false) };
const hashes = { HS256: 'sha256', HS512: 'sha512' } as const;

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

function createToken(claims: Claims = {}, algorithm: keyof typeof hashes = 'HS256', key = secret): string {
  const usual = { sub: 'user-1', email: 'user@example.com', tenantId: 'tenant-1', exp: inSeconds(60) };
  const input = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode({ ...usual, ...claims })}`;
  return `${input}.${createHmac(hashes[algorithm], key).update(input).digest('base64url')}`;
}

/** What the verify route answers and logs, beyond the cases that the generated test shows. */
export function describeVerifyAnswers(load: Load): void {
  let authVerify: FastifyPluginCallback<Claims>;
  let toIdentity: (claims: Claims) => Claims;
  let decodePart: (token: string, index: 0 | 1) => Claims | undefined;
  let log = '';
  const apps: FastifyInstance[] = [];

  beforeAll(async () => {
    process.env['JWT_SECRET'] = secret;
    const plugin = await load('plugins/auth-verify.ts');
    ({ authVerify, toIdentity } = plugin as { authVerify: typeof authVerify; toIdentity: typeof toIdentity });
    ({ decodePart } = (await load('utils/token-key.ts')) as { decodePart: typeof decodePart });
  });
  afterEach(async () => {
    log = '';
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  async function build(
    options: Claims = {},
    prepare?: (app: FastifyInstance) => void,
  ): Promise<FastifyInstance> {
    const write = (line: string): void => {
      log += line;
    };
    const app = Fastify({ logger: { level: 'debug', stream: { write } } });
    apps.push(app);
    prepare?.(app);
    await app.register(fastifyJwt, { secret });
    await app.register(authVerify, { serviceAuthSecret: '', blacklistStore: inert, ...options });
    return app;
  }

  async function verify(
    app: FastifyInstance,
    token: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await app.inject({ method: 'POST', url: '/auth/verify', headers, payload: { token } });
    return { status: response.statusCode, body: response.json(), headers: response.headers };
  }

  function logged(message: string): Record<string, unknown> {
    const lines = log.split('\n').filter(Boolean);
    return (
      lines.map((line) => JSON.parse(line) as Record<string, unknown>).find(({ msg }) => msg === message) ??
      {}
    );
  }

  describe('verify route, identities', () => {
    it('gives exactly the identity, numbers as text, and leaves out what the token lacks', async () => {
      const app = await build();
      const whole = { valid: true, userId: 'user-1', email: 'user@example.com', tenantId: 'tenant-1' };
      expect((await verify(app, createToken())).body).toEqual(whole);
      const sparse = createToken({ sub: 42, email: undefined, tenantId: undefined });
      expect((await verify(app, sparse)).body).toEqual({ valid: true, userId: '42' });
    });

    it('knows the usual names of claims', () => {
      for (const name of ['sub', 'userId', 'user_id', 'id'])
        expect(toIdentity({ [name]: 'user-1' })).toEqual({ userId: 'user-1' });
      for (const name of ['tenantId', 'tenant_id', 'tenant', 'orgId', 'org_id', 'org'])
        expect(toIdentity({ sub: 1, [name]: 2 })).toEqual({ userId: '1', tenantId: '2' });
      expect(JSON.stringify(toIdentity({ sub: 1, email: '' }))).toBe('{"userId":"1"}');
      expect(() => toIdentity({ sub: Number.NaN })).toThrow(/Token is invalid/);
    });

    it('takes no token without a user', async () => {
      const app = await build();
      for (const sub of [undefined, null, '', {}, true]) {
        const { status, body } = await verify(app, createToken({ sub }));
        expect([status, body['code']]).toEqual([401, 'invalid']);
      }
    });

    it('refuses refresh and ID tokens, and takes access tokens', async () => {
      const app = await build();
      for (const name of ['token_use', 'token_type', 'tokenType', 'type', 'typ']) {
        for (const kind of ['refresh', 'ID', 'refresh_token'])
          expect((await verify(app, createToken({ [name]: kind }))).body['code']).toBe('invalid');
        for (const kind of ['access', 'Bearer', 'identity', 1])
          expect((await verify(app, createToken({ [name]: kind }))).status).toBe(200);
      }
    });
  });

  describe('verify route, forged and damaged tokens', () => {
    it('decodes claims without the key, and nothing else', () => {
      expect(decodePart(`e30.${encode({ a: 1 })}.x`, 1)).toEqual({ a: 1 });
      for (const text of ['', 'e30.e30', 'e30.e30.x.y', 'e30..x', 'e30.e3.x'])
        expect(decodePart(text, 1)).toBeUndefined();
      for (const value of [null, 'text', 1, true, []])
        expect(decodePart(`e30.${encode(value)}.x`, 1)).toBeUndefined();
    });

    it('refuses what is no token, with a message', async () => {
      const app = await build();
      for (const garbage of ['', 'garbage', 'a.b', 'a.b.c', '..', 'e30.e30.', '{"alg":"none"}']) {
        const { status, body } = await verify(app, garbage);
        expect([status, body['valid']]).toEqual([401, false]);
      }
      const { body } = await verify(app, 'garbage');
      expect(body).toEqual({ valid: false, error: 'Token is malformed', code: 'malformed' });
    });

    it('takes a token in one spelling only', async () => {
      const app = await build();
      const token = createToken();
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const twin = token.slice(0, -1) + (alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1] ?? '');
      for (const text of [twin, `${token}=`, `${token}==`, `${token}\n`, ` ${token}`])
        expect((await verify(app, text)).status).toBe(401);
    });

    it('says which problem it is', async () => {
      const app = await build();
      const [header = '', claims = '', signature = ''] = createToken().split('.');
      const invalid = { valid: false, error: 'Token is invalid', code: 'invalid' };
      const forged = `${header}.${encode({ sub: 'admin' })}.${signature}`;
      for (const token of [createToken({}, 'HS256', `another ${secret}`), createToken({}, 'HS512'), forged])
        expect((await verify(app, token)).body).toEqual(invalid);
      const unsigned = await verify(app, `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`);
      expect([unsigned.status, unsigned.body['valid']]).toEqual([401, false]);
      const { body } = await verify(app, createToken({ exp: inSeconds(-60) }));
      expect(body).toEqual({ valid: false, error: 'Token has expired', code: 'expired' });
    });
  });

  describe('verify route, requests', () => {
    it('answers 400 for JSON that is broken, and takes other keys beside the token', async () => {
      const app = await build();
      const request = { method: 'POST', url: '/auth/verify' } as const;
      const headers = { 'content-type': 'application/json' };
      expect((await app.inject({ ...request, headers, payload: '{' })).statusCode).toBe(400);
      const payload = { token: createToken(), more: 'of this' };
      expect((await app.inject({ ...request, payload })).statusCode).toBe(200);
    });

    it('refuses callers without the service secret, and logs that', async () => {
      const app = await build({ serviceAuthSecret: 'between-services' });
      const { status, body } = await verify(app, createToken());
      expect([status, body]).toEqual([403, { valid: false, error: 'Forbidden' }]);
      expect(log).toContain('the caller did not present the service secret');
    });

    it('makes a correlation ID where there is none to trust', async () => {
      const app = await build();
      for (const bad of ['', 'a b', 'a'.repeat(129)]) {
        const { headers } = await verify(app, createToken(), { 'x-correlation-id': bad });
        expect(String(headers['x-correlation-id'])).toMatch(/^[0-9a-f-]{36}$/);
      }
    });

    it('logs its answers with the correlation ID, and never a token', async () => {
      const app = await build();
      const headers = { 'x-correlation-id': 'request-1' };
      const tokens = [createToken(), createToken({ exp: inSeconds(-60) }), `${createToken()}x`];
      for (const token of tokens) await verify(app, token, headers);
      expect(logged('Token verified')).toMatchObject({
        userId: 'user-1',
        tenantId: 'tenant-1',
        correlationId: 'request-1',
      });
      expect(logged('Token refused')).toMatchObject({ code: 'expired', correlationId: 'request-1' });
      for (const token of tokens) expect(log).not.toContain(token);
    });

    it('logs why the denylist does not answer, and tells who revokes', async () => {
      const fail = (): Promise<never> => Promise.reject(new Error('the store is down'));
      const app = await build({ blacklistStore: { add: fail, has: fail } });
      expect((await verify(app, createToken())).status).toBe(503);
      expect(logged('Token denylist does not answer')['err']).toMatchObject({ message: 'the store is down' });
      const { tokenBlacklist } = app as unknown as {
        tokenBlacklist: { revoke(token: string): Promise<void> };
      };
      await expect(tokenBlacklist.revoke(createToken())).rejects.toThrow('the store is down');
    });

    it.each([
      [429, 429, 'Slow down'],
      [500, 500, 'Internal server error'],
      [503, 503, 'Service unavailable'],
    ])('answers an error of the application with %i by %i', async (statusCode, status, error) => {
      const message = statusCode === 429 ? 'Slow down' : 'at db:5432';
      const app = await build({}, (before) => {
        before.addHook('preHandler', () => Promise.reject(Object.assign(new Error(message), { statusCode })));
      });
      const answer = await verify(app, createToken());
      expect([answer.status, answer.body]).toEqual([status, { valid: false, error }]);
      if (status === 500) expect(JSON.stringify(logged('Token verification failed'))).toContain('db:5432');
    });
  });

  describe('verify route, a secret that can be guessed', () => {
    it('is a warning outside of production, and a long one is none', async () => {
      const message = 'The JWT secret must have at least 32 bytes';
      const environment = { ...process.env };
      try {
        Object.assign(process.env, { NODE_ENV: 'production', JWT_SECRET: 'a'.repeat(32) });
        await build();
        expect(logged(message)).toEqual({});
        Object.assign(process.env, { NODE_ENV: 'test', JWT_SECRET: 'short' });
        await build();
        expect(logged(message)['level']).toBe(40);
      } finally {
        process.env = environment;
      }
    });
  });
}
