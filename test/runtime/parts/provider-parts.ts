import { EventEmitter } from 'node:events';

import fastifyJwt from '@fastify/jwt';
import Fastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyRequest,
  type LightMyRequestResponse,
} from 'fastify';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type * as RedisStore from '../../../templates/add-auth-verify/redis-blacklist-store.ioredis.ts';
import type * as Blacklist from '../../../templates/add-auth-verify/token-blacklist.ts';
import type * as Claims from '../../../templates/add-auth-verify/token-claims.ts';
import type * as Key from '../../../templates/add-auth-verify/token-key.ts';
import type { Load } from './consumer-parts.ts';
import { type LoggedLines, plainLogger } from './plain-logger.ts';
import { describeVerifyAnswers } from './verify-answers.ts';

const secret = 'a-secret-of-these-tests-with-32-bytes-or-more';

/** What the tests that users get leave out of the verify route: loggers, Redis that is missing or fails, names. */
export function describeProviderParts(load: Load): void {
  describeVerifyAnswers(load);
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
      expect(failing(Object.assign(new Error(''), { code: 'FAST_JWT_EXPIRED' }))).toThrow(
        'Token has expired',
      );
      // What is not said of the token is a mistake of ours, and no 401.
      for (const ours of [Object.assign(new Error('ours'), { code: 'OTHER' }), new Error('ours')])
        expect(failing(ours)).toThrow('ours');
      expect(failing({ code: 'FAST_JWT_EXPIRED' })).toThrow();
    });
  });

  describe('denylist, beyond its own tests', () => {
    let kept: (readonly [key: string, seconds: number])[] = [];
    const store: Blacklist.BlacklistStore = {
      add: (key, seconds) => Promise.resolve(void kept.push([key, seconds])),
      has: () => Promise.resolve(false),
    };
    const tokenOf = (claims: object): string =>
      `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
    const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
    let TokenBlacklist: typeof Blacklist.TokenBlacklist;
    let TokenError: typeof Claims.TokenError;
    let tokenKey: typeof Key.tokenKey;
    let decodePart: typeof Key.decodePart;
    const claimsOf = (token: string): Claims.TokenClaims => decodePart(token, 1) ?? {};
    let createRedisStore: typeof RedisStore.createRedisStore;
    beforeAll(async () => {
      ({ TokenBlacklist } = (await load('utils/token-blacklist.ts')) as typeof Blacklist);
      ({ TokenError } = (await load('utils/token-claims.ts')) as typeof Claims);
      ({ decodePart, tokenKey } = (await load('utils/token-key.ts')) as typeof Key);
      ({ createRedisStore } = (await load('utils/redis-blacklist-store.ts')) as typeof RedisStore);
    });
    beforeEach(() => {
      kept = [];
    });

    it('stores a token for longer than any verifier accepts it, and refuses it later', async () => {
      const denylist = new TokenBlacklist(store, claimsOf);
      for (const exp of [inSeconds(60), undefined]) await denylist.revoke(tokenOf({ exp }));
      const [minute = 0, endless] = kept.map(([, seconds]) => seconds);

      expect(minute).toBeGreaterThan(60 + 600);
      expect(minute).toBeLessThan(60 + 667);
      expect(endless).toBe(3_153_600_000);
      expect(await denylist.isRevoked(tokenOf({ exp: inSeconds(-595) }))).toBe(false);
      expect(await denylist.isRevoked(tokenOf({ exp: inSeconds(-601) }))).toBe(true);
    });

    it('knows a token by its jti where it has a usable one, and never stores the token itself', async () => {
      const denylist = new TokenBlacklist(store, claimsOf);
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
      const revoke = async (denylist: Blacklist.TokenBlacklist, authorization: string): Promise<void> => {
        await denylist.revokeRequest({ headers: { authorization } } as FastifyRequest);
      };
      const denylist = new TokenBlacklist(store, claimsOf);
      for (const other of ['', token, `Basic ${token}`, `No Bearer ${token}`, `Bearer ${token} more`]) {
        await revoke(denylist, other);
      }
      expect(kept.length).toBe(0);
      await revoke(denylist, `bearer   ${token}`);
      await revoke(new TokenBlacklist(store, claimsOf, () => [cookie, '', undefined]), '');
      expect(kept.map(([key]) => key)).toEqual([tokenKey(token), tokenKey(cookie)]);
    });

    it('waits for a Redis that stalls for a moment, and fails fast when it stays silent', async () => {
      const answers: ((count: number) => void)[] = [];
      const exists = (): Promise<number> => new Promise((resolve) => answers.push(resolve));
      const store = createRedisStore({ set: () => Promise.resolve(1), exists }, 'revoked:');
      setTimeout(() => answers[0]?.(0), 300);
      expect(await store.has('one')).toBe(false);

      const silence: number[] = [];
      for (let call = 0; call < 2; call += 1) {
        const startedAt = performance.now();
        await expect(store.has('one')).rejects.toMatchObject({ message: 'Redis did not answer in time' });
        silence.push(performance.now() - startedAt);
      }
      const [first = 0, second = 0] = silence;
      expect(first).toBeLessThan(3_000);
      // Who has waited has waited for all that follow.
      expect(second).toBeLessThan(first / 2);
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
