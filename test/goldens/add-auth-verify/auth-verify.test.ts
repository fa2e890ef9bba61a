import { createHmac } from 'node:crypto';
import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';

import type { AuthVerifyOptions } from '../src/plugins/auth-verify.js';
import type { BlacklistStore } from '../src/utils/token-blacklist.js';
import { decodePart } from '../src/utils/token-key.js';

// Configuration is read when it is imported, so this comes first and the service is imported later.
const SECRET = 'a-secret-of-these-tests-with-32-bytes-or-more';
process.env['JWT_SECRET'] = SECRET;

let authVerify: typeof import('../src/plugins/auth-verify.js').authVerify;
let claims: Readonly<Record<string, unknown>>;
const apps: FastifyInstance[] = [];
let log: string[] = [];
const revoked = new Set<string>();
const store: BlacklistStore = {
  add: (key) => {
    revoked.add(key);
    return Promise.resolve();
  },
  has: (key) => Promise.resolve(revoked.has(key)),
};

beforeAll(async () => {
  ({ authVerify } = await import('../src/plugins/auth-verify.js'));
  claims = decodePart(await logIn(), 1) ?? {};
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  log = [];
});

async function buildApp(options: AuthVerifyOptions = {}): Promise<FastifyInstance> {
  const stream = { write: (line: string) => log.push(line) };
  const app = Fastify({ logger: { level: 'debug', stream } });
  await app.register(fastifyJwt, { secret: SECRET });
  await app.register(authVerify, { serviceAuthSecret: '', blacklistStore: store, ...options });
  apps.push(app);
  return app;
}

/** A token with the claims of the login. */
function logIn(): Promise<string> {
  return Promise.resolve(sign({ sub: 'user-1', email: 'user@example.com', tenantId: 'tenant-1', exp: inSeconds(60) }));
}

/** A token of the login with other claims, or signed in another way. */
function createToken(changes: object = {}, algorithm?: string, secret?: string): string {
  return sign({ ...claims, exp: inSeconds(60), ...changes }, algorithm, secret);
}

function sign(payload: object, algorithm = 'HS256', secret = SECRET): string {
  const input = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode(payload)}`;
  const hmac = createHmac(algorithm.replace('HS', 'sha'), secret).update(input);
  return `${input}.${hmac.digest('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

function ask(app: FastifyInstance, token: unknown, headers = {}): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url: '/auth/verify', headers, payload: { token } });
}

describe('POST /auth/verify', () => {
  it('identifies the user of a login', async () => {
    const response = await ask(await buildApp(), await logIn());
    expect([response.statusCode, response.headers['cache-control']]).toEqual([200, 'no-store']);
    const body = response.json<object>();
    const user = { valid: true, userId: 'user-1', email: 'user@example.com', tenantId: 'tenant-1' };
    expect(body).toEqual({ ...body, ...user });
  });

  const refused: readonly (readonly [what: string, code: string, token: () => string])[] = [
    ['that has expired', 'expired', () => createToken({ exp: inSeconds(-60) })],
    ['of another key', 'invalid', () => createToken({}, 'HS256', `another ${SECRET}`)],
    ['of another algorithm', 'invalid', () => createToken({}, 'HS512')],
    ['with changed claims', 'invalid', () => createToken().replace(/\..+\./, `.${encode({})}.`)],
    ['without a user', 'invalid', () => createToken({ sub: undefined })],
    ['for a refresh', 'invalid', () => createToken({ token_use: 'refresh' })],
    ['without a signature', 'malformed', () => createToken().replace(/\.[^.]+$/, '')],
    ['that is none', 'malformed', () => 'garbage'],
  ];
  for (const [what, code, token] of refused) {
    it(`refuses a token ${what}`, async () => {
      const response = await ask(await buildApp(), token());
      expect(response.statusCode).toBe(401);
      expect(response.json()).toEqual({ ...response.json<object>(), valid: false, code });
    });
  }

  it('refuses a revoked token, and no other', async () => {
    const app = await buildApp();
    const [one, other] = [createToken({ jti: 'one' }), createToken({ jti: 'other' })];
    await app.tokenBlacklist.revoke(one);
    const response = await ask(app, one);
    const expected = { valid: false, error: 'Token has been revoked', code: 'revoked' };
    expect([response.statusCode, response.json()]).toEqual([401, expected]);
    expect((await ask(app, other)).statusCode).toBe(200);
  });

  it('answers 503 when the denylist does not answer', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('the store is down'));
    const app = await buildApp({ blacklistStore: { add: fail, has: fail } });
    const response = await ask(app, createToken());
    const expected = { valid: false, error: 'Token status is not available' };
    expect([response.statusCode, response.json()]).toEqual([503, expected]);
  });

  it('answers 400 for a body that does not fit', async () => {
    const app = await buildApp();
    for (const token of [undefined, {}, [], 'a'.repeat(8_193)])
      expect((await ask(app, token)).statusCode).toBe(400);
  });

  it('answers 403 to callers without the service secret, where there is one', async () => {
    const app = await buildApp({ serviceAuthSecret: 'between-services' });
    for (const secret of ['', 'guess', 'between-services']) {
      const { statusCode } = await ask(app, createToken(), { 'x-service-secret': secret });
      expect(statusCode).toBe(secret === 'between-services' ? 200 : 403);
    }
    expect(log.join('').includes('between-services')).toBe(false);
  });

  it('echoes the correlation ID and logs it, but no token', async () => {
    const app = await buildApp();
    for (const token of [createToken(), createToken({ exp: inSeconds(-60) })]) {
      const { headers } = await ask(app, token, { 'x-correlation-id': 'request-1' });
      expect(headers['x-correlation-id']).toBe('request-1');
      expect(log.join('').includes(token)).toBe(false);
    }
    expect(log.join('').includes('"correlationId":"request-1"')).toBe(true);
  });

  it('does not start in production with a secret that can be guessed', async () => {
    const environment = process.env;
    process.env = { ...environment };
    Object.assign(process.env, { NODE_ENV: 'production', JWT_SECRET: 'short' });
    const started = await buildApp().then(() => 'yes', String);
    process.env = environment;
    expect(started).toMatch(/The JWT secret must have at least 32 bytes/);
  });
});
