import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Repo } from '../../generators/_engine/model/repo.ts';
import { toRel } from '../../generators/_engine/model/paths.ts';
import { redisScope } from '../../generators/_engine/facts/redis.ts';
import type { Case } from '../helpers/case.ts';
import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { materialize } from '../helpers/materialize.ts';
import { onFastify4 } from '../helpers/on-fastify4.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { runCommand } from '../helpers/run-command.ts';

type Auth = FastifyInstance & {
  readonly tokenBlacklist: { revoke(token: string): Promise<void> };
  readonly jwt: { readonly sign: (claims: object) => string };
};

/** An auth service and one consumer with a cache, generated from the same fixture under another name. */
interface Product {
  readonly auth: Auth;
  readonly channel: string;
  readonly keyOf: (token: string) => string;
  /** What the consumer has asked the auth service. */
  readonly asked: () => number;
  /** From now on answers wait, after the auth service has given them, until the function is called. */
  readonly hold: () => () => void;
  /** What the consumer says of a token. */
  readonly status: (token: string) => Promise<number>;
  readonly close: () => Promise<void>;
}

const environment = { ...process.env };
let redis: RedisServer;
let admin: Redis;
const products: Product[] = [];

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
  for (const [name, major] of [
    ['acme', 5],
    ['globex', 4],
  ] as const)
    products.push(await openProduct(name, major));
});

afterAll(async () => {
  for (const product of products) await product.close();
  process.env = environment;
  admin.disconnect();
  await redis.stop();
  for (const name of ['acme', 'globex']) deleteGeneratedRepo(`tokens-${name}`);
});

const secretOf = (name: string): string => `the-secret-of-${name}-with-at-least-32-bytes`;

async function openProduct(name: string, major: 4 | 5): Promise<Product> {
  const named: Case['files'] =
    name === 'acme' ? {} : { 'package.json': (text) => text.replace('"acme"', `"${name}"`) };
  const files = major === 4 ? onFastify4([named]) : named;
  const world = major === 4 ? 'fastify4' : undefined;
  const root = materialize(`tokens-${name}`, { fixture: 'npm-workspaces', files, args: [] }, world);
  const args = ['--target', 'user', '--protect', 'none', '--cache-ttl', '60000', '--no-format'];
  await runCommand({ generator: 'add-s2s', args }, root);
  await runCommand({ generator: 'add-s2s-revocation', args: ['--target', 'user', '--no-format'] }, root);
  const load = async (path: string): Promise<unknown> =>
    import(pathToFileURL(join(root, 'services', path)).href);

  Object.assign(process.env, {
    REDIS_URL: redis.url,
    JWT_SECRET: secretOf(name),
  });
  const { buildApp } = (await load('auth-service/src/app.ts')) as {
    buildApp: (options: object) => Promise<Auth>;
  };
  const { tokenKey } = (await load('auth-service/src/utils/token-key.ts')) as { tokenKey: Product['keyOf'] };
  const auth = await buildApp({ logger: false });
  await auth.ready();
  const front = new Front(auth);
  const { authMiddleware } = (await load('user-service/src/middleware/auth.middleware.ts')) as {
    authMiddleware: FastifyPluginCallback<{ baseUrl: string; serviceSecret: string }>;
  };
  const require = createRequire(join(root, 'services/user-service/package.json'));
  const { default: Fastify } = (await import(pathToFileURL(require.resolve('fastify')).href)) as {
    default: () => FastifyInstance & { authenticate: never };
  };
  const app = Fastify();
  const channel = `token-revocations:${name}/auth-service`;
  // An empty log has no position: at its first entry, everything is asked about anew.
  await write(channel, 'none');
  await app.register(authMiddleware, { baseUrl: await front.listen(), serviceSecret: '' });
  app.get('/me', { onRequest: app.authenticate }, () => 'me');
  await app.ready();
  await listening(products.length + 1);
  return {
    auth,
    channel,
    keyOf: tokenKey,
    asked: () => front.asked,
    hold: () => front.hold(),
    status: async (token) =>
      (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })).statusCode,
    close: async () => {
      await app.close();
      front.close();
      await auth.close();
    },
  };
}

/** The network between consumer and auth service. */
class Front {
  asked = 0;
  #gate = Promise.resolve();
  readonly #server: Server;

  constructor(auth: FastifyInstance) {
    this.#server = createServer((request, response) => {
      this.asked += 1;
      const gate = this.#gate;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = { 'content-type': 'application/json' };
        const payload = Buffer.concat(chunks);
        void (async () => {
          let answer = await auth.inject({ method: 'POST', url: '/auth/verify', headers, payload });
          // On a busy machine Redis may be late.
          for (let tries = 0; answer.statusCode === 503 && tries < 20; tries += 1) {
            answer = await auth.inject({ method: 'POST', url: '/auth/verify', headers, payload });
          }
          await gate;
          response.writeHead(answer.statusCode, headers).end(answer.payload);
        })();
      });
    });
  }

  hold(): () => void {
    let open = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => {
      this.#gate = Promise.resolve();
      open();
    };
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error('It has not come true');
    await sleep(5);
  }
}

/** The connections that wait for the next revocation. */
async function followers(): Promise<readonly string[]> {
  const clients = String(await admin.client('LIST')).split('\n');
  return clients
    .filter((line) => line.includes(' cmd=xread '))
    .flatMap((line) => /^id=(\d+)/.exec(line)?.[1] ?? []);
}

/** So many services follow the log. */
async function listening(count: number): Promise<void> {
  await until(async () => (await followers()).length >= count);
}

/** As the publisher writes it, and everybody can who reaches Redis. */
const write = (log: string, key: string): Promise<unknown> =>
  admin.xadd(log, '*', 'key', key, 'until', '9999999999');

function newToken({ auth }: Product, claims: object = {}): string {
  return auth.jwt.sign({ sub: 'usr_ada', email: 'ada@acme.test', nonce: randomUUID(), ...claims });
}

/** The same text whichever product signs it, but for the signature. */
function signed(name: string, claims: object): string {
  const usual = { sub: 'usr_ada', email: 'ada@acme.test', exp: 4_000_000_000 };
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { ...usual, ...claims },
  ];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${createHmac('sha256', secretOf(name)).update(input).digest('base64url')}`;
}

/** On a busy machine a command to Redis may take longer than its 50 ms: then it is asked again, as a user would. */
async function revoke({ auth }: Product, token: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await auth.tokenBlacklist.revoke(token);
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(50);
    }
  }
}

async function logOut({ auth }: Product, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await until(
    async () => (await auth.inject({ method: 'POST', url: '/auth/logout', headers })).statusCode === 204,
  );
}

const verified = async ({ auth }: Product, token: string): Promise<number> => {
  const ask = { method: 'POST', url: '/auth/verify', payload: { token } } as const;
  let answer = await auth.inject(ask);
  for (let tries = 0; answer.statusCode === 503 && tries < 20; tries += 1) answer = await auth.inject(ask);
  return answer.statusCode;
};

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** What a header can carry of the other texts of a token. */
const spellings: Readonly<Record<string, (token: string) => string>> = {
  'one unused bit': (token) =>
    token.slice(0, -1) + (alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1] ?? ''),
  'both unused bits': (token) =>
    token.slice(0, -1) + (alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 3] ?? ''),
  padding: (token) => `${token}=`,
  'much padding': (token) => `${token}====`,
  'another alphabet': (token) => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    return `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}=`;
  },
  'a tilde after it': (token) => `${token}~`,
};

describe.each([
  ['Fastify 5', 0],
  ['Fastify 4', 1],
] as const)('%s', (_name, index) => {
  let product: Product;
  beforeAll(() => {
    const found = products[index];
    if (found === undefined) throw new Error('The product is not there');
    product = found;
  });

  it.each(Object.entries(spellings))(
    'B.6 malleability: %s lets nobody in, before and after the logout',
    async (_spelling, spell) => {
      for (const claims of [{}, { jti: randomUUID() }]) {
        const token = newToken(product, claims);
        expect([await product.status(token), await product.status(spell(token))]).toEqual([200, 401]);
        await logOut(product, token);
        await until(async () => (await product.status(token)) === 401);
        expect([await verified(product, token), await verified(product, spell(token))]).toEqual([401, 401]);
        expect(await product.status(spell(token))).toBe(401);
      }
    },
  );

  it('B.9 lost message: an answer from before the connection was cut is not kept, and lets nobody in', async () => {
    const token = newToken(product, { jti: randomUUID() });
    const release = product.hold();
    const asked = product.asked();
    const waiting = product.status(token);
    await until(() => product.asked() > asked);
    await sleep(50);
    for (const id of await followers()) await admin.client('KILL', 'ID', id);
    await revoke(product, token);
    await listening(products.length);
    const later = product.status(token);
    release();
    expect([await waiting, await later, await product.status(token)]).toEqual([401, 401, 401]);
  });

  it('B.9 revoked under way: who asked before and who comes later are refused', async () => {
    const token = newToken(product);
    const release = product.hold();
    const asked = product.asked();
    const waiting = [product.status(token), product.status(token)];
    await until(() => product.asked() > asked);
    await sleep(50);
    await revoke(product, token);
    await sleep(50);
    const later = product.status(token);
    await sleep(20);
    release();
    expect(await Promise.all([...waiting, later])).toEqual([401, 401, 401]);
    expect(await product.status(token)).toBe(401);
  });

  const garbage = (token: string, key: string): readonly string[] => [
    '',
    '*',
    'jti:',
    token,
    `${key} `,
    ` ${key}`,
    key.toUpperCase(),
    key.slice(0, -1),
    `${key}${key}`,
    JSON.stringify({ revoke: key }),
    'x'.repeat(900_000),
    '\0',
  ];
  it('9d forged messages: what is no key is no news', async () => {
    const token = newToken(product);
    expect(await product.status(token)).toBe(200);
    const asked = product.asked();
    for (const text of garbage(token, product.keyOf(token))) {
      await write(product.channel, text);
      await sleep(10);
      expect(await product.status(token)).toBe(200);
    }
    expect(product.asked()).toBe(asked);
  });

  it('9d forged messages: a key, a thousand times, makes its token be asked about once more and no other', async () => {
    const [token, other] = [newToken(product, { jti: randomUUID() }), newToken(product)];
    expect([await product.status(token), await product.status(other)]).toEqual([200, 200]);
    const asked = product.asked();
    const messages = Array.from({ length: 1_000 }, () => write(product.channel, product.keyOf(token)));
    await Promise.all(messages);
    await sleep(50);
    for (let time = 0; time < 3; time += 1) {
      expect([await product.status(token), await product.status(other)]).toEqual([200, 200]);
    }
    expect(product.asked()).toBe(asked + 1);
  });

  it('9d forged messages: a good token gets in though its key is sent while it is asked about', async () => {
    const token = newToken(product);
    const release = product.hold();
    const asked = product.asked();
    const waiting = product.status(token);
    await until(() => product.asked() > asked);
    await write(product.channel, product.keyOf(token));
    await sleep(50);
    release();
    expect(await waiting).toBe(200);
    expect(product.asked()).toBe(asked + 2);
  });

  it('9d repeated revocations of a token keep one entry, no longer than its life needs', async () => {
    const token = newToken(product, { jti: randomUUID() });
    const before = await admin.dbsize();
    for (let time = 0; time < 20; time += 1) await revoke(product, token);
    expect(await admin.dbsize()).toBe(before + 1);
    const [key = ''] = await admin.keys(`*${product.keyOf(token)}`);
    const ttl = await admin.ttl(key);
    expect(ttl).toBeGreaterThanOrEqual(15 * 60 + 600);
    expect(ttl).toBeLessThanOrEqual(15 * 60 + 661);
  });

  it.each<readonly [string, object, object]>([
    ['tenant', { tenantId: 'ten_1' }, { tenantId: 'ten_2' }],
    ['issuer', { iss: 'https://a.test' }, { iss: 'https://b.test' }],
    ['user', { sub: 'usr_1' }, { sub: 'usr_2' }],
  ])('9c scope: the same jti at another %s is another token', async (_what, here, there) => {
    const jti = randomUUID();
    const [revoked, other] = [newToken(product, { jti, ...here }), newToken(product, { jti, ...there })];
    await revoke(product, revoked);
    expect([await verified(product, revoked), await verified(product, other)]).toEqual([401, 200]);
  });
});

describe('9c scope: two products on one Redis, whose services have the same names', () => {
  it.each<readonly [string, object]>([
    ['the same jti', { jti: '1' }],
    ['the same claims without a jti', { iat: 1_800_000_000 }],
  ])('do not revoke each other’s tokens with %s', async (_what, claims) => {
    const [acme, globex] = products as [Product, Product];
    const [here, there] = [signed('acme', claims), signed('globex', claims)];
    expect([await acme.status(here), await globex.status(there)]).toEqual([200, 200]);
    expect(acme.keyOf(here)).toBe(globex.keyOf(there));
    const asked = globex.asked();
    const lengths = (): Promise<readonly number[]> =>
      Promise.all([acme, globex].map(({ channel }) => admin.xlen(channel)));
    const [own = 0, others = 0] = await lengths();
    await revoke(acme, here);
    expect(await lengths()).toEqual([own + 1, others]);
    await until(async () => (await acme.status(here)) === 401);
    expect([await acme.status(here), await globex.status(there)]).toEqual([401, 200]);
    expect(await verified(globex, there)).toBe(200);
    expect(globex.asked()).toBe(asked);
  });
});

describe('9c scope: the name', () => {
  const scopeOf = (root: string, service: string): string => {
    const manifests: Readonly<Record<string, string>> = {
      'package.json': JSON.stringify({ name: root }),
      'apps/auth/package.json': JSON.stringify({ name: service }),
    };
    const repo = { read: (path: string) => manifests[path] } as unknown as Repo;
    return redisScope(repo, { dir: toRel('apps/auth'), name: service });
  };

  it('is that of the workspace and the service', () => {
    expect(scopeOf('acme', 'auth-service')).toBe('acme/auth-service');
    expect(scopeOf('acme', '@acme/auth')).toBe('acme/@acme/auth');
    expect(scopeOf('', 'auth')).toBe('auth');
    expect(scopeOf('auth', 'auth')).toBe('auth');
  });

  it.each([
    "a'); process.exit(1); ('",
    'a\nb',
    'a*/b',
    'a\\',
    '${process.env}',
    '`a`',
    'a"b',
    'a*[b]?',
    'a\u2028b',
    '{{#each}}',
    'x'.repeat(900_000),
  ])('is harmless in code and in Redis (%#)', (name) => {
    expect(scopeOf(name, name)).toMatch(/^[\w@./~-]{1,500}$/);
  });
});
