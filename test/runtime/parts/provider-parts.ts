import { EventEmitter } from 'node:events';

import fastifyJwt from '@fastify/jwt';
import Fastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type LightMyRequestResponse,
} from 'fastify';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { Load } from './consumer-parts.ts';
import { type LoggedLines, plainLogger } from './plain-logger.ts';

const secret = 'a-secret-of-these-tests-with-32-bytes-or-more';

/** What the tests that users get leave out of the verify route: loggers, Redis that is missing or fails, names. */
export function describeProviderParts(load: Load): void {
  let authVerify: FastifyPluginCallback<Readonly<Record<string, unknown>>>;
  let lines: LoggedLines = [];
  const apps: FastifyInstance[] = [];
  const environment = { ...process.env };

  beforeAll(async () => {
    process.env['JWT_SECRET'] = secret;
    ({ authVerify } = (await load('plugins/auth-verify.ts')) as { authVerify: typeof authVerify });
  });
  afterEach(async () => {
    process.env = { ...environment, JWT_SECRET: secret };
    lines = [];
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  async function build(
    options: object,
    prepare: (app: FastifyInstance) => void = () => undefined,
  ): Promise<FastifyInstance> {
    const app = Fastify({ loggerInstance: plainLogger(lines) });
    apps.push(app);
    prepare(app);
    await app.register(fastifyJwt, { secret });
    await app.register(authVerify, { serviceAuthSecret: '', ...options });
    await app.ready();
    return app;
  }
  const verify = (app: FastifyInstance, token: string): Promise<LightMyRequestResponse> =>
    app.inject({
      method: 'POST',
      url: '/auth/verify',
      headers: { 'x-correlation-id': 'id-1' },
      payload: { token },
    });
  const messagesOf = (level: string): readonly unknown[] =>
    lines.filter((line) => line.level === level).map(({ args }) => args.at(-1));

  describe('verify route', () => {
    it('binds the correlation ID for a logger that cannot be told in place', async () => {
      const app = await build({
        blacklistStore: { add: () => Promise.resolve(), has: () => Promise.resolve(false) },
      });
      expect((await verify(app, app.jwt.sign({ sub: 'ada' }))).statusCode).toBe(200);
      const verified = lines.find(({ args }) => args.at(-1) === 'Token verified');
      expect(verified?.bindings).toMatchObject({ correlationId: 'id-1' });
      const completed = lines.find(({ args }) => args.at(-1) === 'request completed');
      expect(completed?.bindings).toMatchObject({ correlationId: 'id-1' });
    });

    it('leaves the ID alone that the application has set already', async () => {
      const store = { add: () => Promise.resolve(), has: () => Promise.resolve(false) };
      const app = await build({ blacklistStore: store }, (before) => {
        before.addHook('onRequest', async (_, reply) => void reply.header('x-correlation-id', 'of the app'));
      });
      expect((await verify(app, 'garbage')).headers['x-correlation-id']).toBe('of the app');
    });

    it('keeps revoked tokens in memory where there is no Redis, says so, and does not start so in production', async () => {
      const app = await build({});
      const text = 'The token denylist needs Redis, and there is none';
      expect(messagesOf('warn')).toEqual([`${text}: revoked tokens are kept in memory`]);
      const token = app.jwt.sign({ sub: 'ada' });
      await (
        app as unknown as { tokenBlacklist: { revoke(token: string): Promise<void> } }
      ).tokenBlacklist.revoke(token);
      expect((await verify(app, token)).json()).toMatchObject({ code: 'revoked' });
      process.env['NODE_ENV'] = 'production';
      await expect(build({})).rejects.toThrow(text);
    });

    it('uses a connection of its own, logs its errors and lets go of it', async () => {
      let disconnected = 0;
      const keys: unknown[] = [];
      const client = Object.assign(new EventEmitter(), {
        set: (...command: unknown[]) => Promise.resolve(keys.push(command)),
        exists: () => Promise.resolve(1),
        disconnect: () => {
          disconnected += 1;
        },
      });
      const app = await build({}, (before) => {
        before.decorate('redis', { duplicate: () => client });
      });
      expect((await verify(app, app.jwt.sign({ sub: 'ada' }))).json()).toMatchObject({ code: 'revoked' });
      client.emit('error', new Error('gone'));
      const failed = lines.find(({ level }) => level === 'error');
      expect(failed?.args).toEqual([
        { err: new Error('gone') },
        'Redis connection of the token denylist failed',
      ]);
      expect(disconnected).toBe(0);
      await app.close();
      expect(disconnected).toBe(1);
    });

    it('goes by its name, and asks for its Fastify', async () => {
      const app = await build({
        blacklistStore: { add: () => Promise.resolve(), has: () => Promise.resolve(false) },
      });
      expect(app.hasPlugin('auth-verify')).toBe(true);
      const meta = (authVerify as unknown as Record<symbol, unknown>)[Symbol.for('plugin-meta')];
      expect(meta).toEqual({ name: 'auth-verify', fastify: '5.x' });
    });

    it('takes the secret of callers from the environment', async () => {
      process.env['SERVICE_AUTH_SECRET'] = 'between-services';
      const store = { add: () => Promise.resolve(), has: () => Promise.resolve(false) };
      const app = await build({ blacklistStore: store, serviceAuthSecret: undefined });
      expect((await verify(app, 'garbage')).statusCode).toBe(403);
      delete process.env['SERVICE_AUTH_SECRET'];
      const open = await build({ blacklistStore: store, serviceAuthSecret: undefined });
      expect((await verify(open, 'garbage')).statusCode).toBe(401);
    });
  });

  describe('token verifier', () => {
    it('looks at the header of a token whose header is not the usual one, and names its errors', async () => {
      const { createTokenVerifier } = (await load('utils/token-verifier.ts')) as {
        createTokenVerifier: (jwt: () => object, algorithm: string) => (token: string) => unknown;
      };
      let verified = 0;
      const check = createTokenVerifier(() => ({ verify: () => (verified += 1) }), 'HS256');
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const usual = `${part({ alg: 'HS256' })}.e30.eA`;
      expect([check(usual), check(usual)]).toEqual([1, 2]);
      for (const token of [`${part({ alg: 'HS512' })}.e30.eA`, `e30.e30.${part({ alg: 'HS256' })}.`]) {
        expect(() => check(token)).toThrow(expect.objectContaining({ name: 'TokenError' }));
      }
      expect(() => check(`${part({ alg: 'none' })}.e30.eA`)).toThrow('Token is invalid');
      expect(check(usual)).toBe(verified);
    });

    it('tells an expired token from one that fails for another reason', async () => {
      const { createTokenVerifier } = (await load('utils/token-verifier.ts')) as {
        createTokenVerifier: (jwt: () => object, algorithm: string) => (token: string) => unknown;
      };
      const failing =
        (error: unknown): (() => unknown) =>
        () => {
          const fail = (): never => {
            throw error;
          };
          return createTokenVerifier(() => ({ verify: fail }), 'HS256')('e30.e30.eA');
        };
      expect(failing(Object.assign(new Error(''), { code: 'FAST_JWT_EXPIRED' }))).toThrow('Token has expired');
      // What is not said of the token is a mistake of ours, and no 401.
      for (const ours of [Object.assign(new Error('ours'), { code: 'OTHER' }), new Error('ours')])
        expect(failing(ours)).toThrow('ours');
      expect(failing({ code: 'FAST_JWT_EXPIRED' })).toThrow();
    });
  });

  describe('token denylist', () => {
    it('revokes nothing for a request without a token', async () => {
      const { TokenBlacklist } = (await load('utils/token-blacklist.ts')) as {
        TokenBlacklist: new (
          store: object,
          verify: (token: string) => unknown,
        ) => {
          revokeRequest(request: object): Promise<void>;
        };
      };
      const asked: string[] = [];
      const blacklist = new TokenBlacklist({ add: () => Promise.resolve() }, (token) => {
        asked.push(token);
        return {};
      });
      for (const headers of [{}, { authorization: 'Basic x' }]) await blacklist.revokeRequest({ headers });
      expect(asked).toEqual([]);
      await blacklist.revokeRequest({ headers: { authorization: 'Bearer x' } });
      expect(asked).toEqual(['x']);
    });

    it('keeps a token whose expiry is no number for the longest time', async () => {
      const { TokenBlacklist } = (await load('utils/token-blacklist.ts')) as {
        TokenBlacklist: new (
          store: object,
          verify: (token: string) => unknown,
        ) => {
          revoke(token: string): Promise<void>;
        };
      };
      const kept: number[] = [];
      const add = (_: string, seconds: number): Promise<void> => Promise.resolve(void kept.push(seconds));
      for (const exp of ['60', Infinity, null])
        await new TokenBlacklist({ add }, () => ({ exp })).revoke('e30.e30.eA');
      expect(kept).toEqual([3_153_600_000, 3_153_600_000, 3_153_600_000]);
    });
  });
}
