import { generateKeyPairSync } from 'node:crypto';

import { afterAll, describe, expect, it } from 'vitest';

import { type Library as Rendered, newVerifier } from '../../bench/verifier-module.ts';
import { appWith, manifestOf, onFastify4, secretFile } from './purpose-services.ts';
import { openServices } from './token-services.ts';

const { close, plan, serve, signedElsewhere } = openServices('strictness');

afterAll(close);

type Files = Parameters<typeof plan>[1];

const plugin = manifestOf('@fastify/jwt');
const fastifyJwt = "import fastifyJwt from '@fastify/jwt';";
const options = (more: string): string =>
  `  await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? ''${more} });`;
const signed = "app.jwt.sign({ sub: '1', jti: 'one' })";
const login = { '/login': signed };

async function refusalOf(
  name: string,
  files: Files,
  more: readonly string[] = [],
): Promise<readonly string[]> {
  const planned = await plan(name, files, more);
  return planned.ok
    ? []
    : planned.obstacles.map(({ at, code }) => `${code} ${at?.path ?? ''}:${String(at?.line ?? 0)}`);
}

const sessions = `export const ended = new Set(['gone']);

export async function isActive(claims: Readonly<Record<string, unknown>>): Promise<boolean> {
  return Promise.resolve(!ended.has(String(claims['jti'])));
}
`;
const trusted = `export function trusted(_request: unknown, claims: object | string | Buffer): boolean {
  const { jti } = claims as { jti?: string };
  if (jti === 'broken') throw Object.assign(new Error('the table is locked'), { statusCode: 401 });
  return jti !== 'gone';
}
`;
const sessionGuard = `  app.decorate('authenticate', async (request: FastifyRequest, reply: FastifyReply) => {
    const claims = await request.jwtVerify<{ jti: string }>();
    if (!(await isActive(claims))) return reply.code(401).send({ error: 'session has ended' });
  });`;
const sessionFiles: Files = {
  ...plugin,
  'src/sessions.ts': sessions,
  ...appWith(login, {
    imports: `${fastifyJwt}\nimport { isActive } from './sessions.js';`,
    register: `${options('')}\n${sessionGuard}`,
  }),
};
const trustedFiles: Files = {
  ...plugin,
  'src/trusted.ts': trusted,
  ...appWith(login, {
    imports: `${fastifyJwt}\nimport { trusted } from './trusted.js';`,
    register: options(', trusted'),
  }),
};

describe('9a the verify route is no weaker than the service itself', () => {
  it.each([false, true])('asks `trusted` of @fastify/jwt; on Fastify 4: %s', async (isOn4) => {
    const files = isOn4 ? onFastify4(trustedFiles) : trustedFiles;
    const service = await serve(`trusted-${String(isOn4)}`, files, [], isOn4);
    expect(await service.verify(await service.token('/login'))).toBe(200);
    expect(await service.verify(signedElsewhere({ jti: 'gone' }))).toBe(401);
    // Its own failure is not the token's, whatever status it names (9b).
    expect(await service.verify(signedElsewhere({ jti: 'broken' }))).toBe(500);
  });

  it('refuses a `trusted` that it cannot import, unless told', async () => {
    const files = {
      ...plugin,
      ...appWith(login, { imports: fastifyJwt, register: options(', trusted: () => false') }),
      'src/sessions.ts': sessions,
    };
    expect(await refusalOf('inline', files)).toEqual(['E_TOKEN_POLICY src/app.ts:7']);
    expect(await refusalOf('inline-none', files, ['--accept', 'none'])).toEqual([]);
    expect(await refusalOf('inline-wrong', files, ['--accept', 'src/sessions.ts#nothing'])).toEqual([
      'E_INVALID_FLAG :0',
    ]);
  });

  it('refuses a guard that looks at sessions, and asks the function that is named instead', async () => {
    expect(await refusalOf('session', sessionFiles)).toEqual(['E_TOKEN_POLICY src/app.ts:11']);
    const service = await serve('session-named', sessionFiles, ['--accept', 'src/sessions.ts#isActive']);
    expect(await service.verify(await service.token('/login'))).toBe(200);
    expect(await service.verify(signedElsewhere({ jti: 'gone' }))).toBe(401);
  });

  it('refuses options that another file cannot reach', async () => {
    const verifier = `import jwt from 'jsonwebtoken';
import { SECRET } from './secret.js';

export function verifierFor(audience: string) {
  return { verifyAccess: (token: string) => jwt.verify(token, SECRET, { audience }) };
}
`;
    const routes = { '/login': "jwt.sign({ sub: '1' }, SECRET)" };
    const imports = "import jwt from 'jsonwebtoken';\nimport { SECRET } from './secret.js';";
    const files = {
      ...manifestOf('jsonwebtoken'),
      ...secretFile,
      'src/verify.ts': verifier,
      ...appWith(routes, { imports }),
    };
    expect(await refusalOf('unreachable', files)).toEqual(['E_TOKEN_POLICY src/verify.ts:5']);
  });
});

const cookies = `import { createHmac } from 'node:crypto';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyRequest {
    cookies: Record<string, string | undefined>;
    unsignCookie(value: string): { valid: boolean; value: string | null };
  }
}

export const sign = (value: string): string => \`\${value}.\${createHmac('sha256', 'k').update(value).digest('hex')}\`;

export default fp(async (app) => {
  app.addHook('onRequest', async (request) => {
    const pairs = (request.headers.cookie ?? '').split('; ').map((one) => one.split('=') as [string, string]);
    request.cookies = Object.fromEntries(pairs);
    request.unsignCookie = (value) => {
      const plain = value.slice(0, value.lastIndexOf('.'));
      return sign(plain) === value ? { valid: true, value: plain } : { valid: false, value: null };
    };
  });
});
`;

describe('9a a logout revokes the token where the service reads it', () => {
  it.each([
    ['a cookie of @fastify/jwt', ", cookie: { cookieName: 'session', signed: false }", 'session', false],
    ['a signed cookie of @fastify/jwt', ", cookie: { cookieName: 'session', signed: true }", 'session', true],
    ["a cookie that the service's own code reads", '', 'access', false],
  ] as const)('%s', async (_name, cookie, name, isSigned) => {
    const register = `  await app.register(cookiesPlugin);\n${options(cookie)}
  app.post('/logout', async (request, reply) => {
    request.log.info('bye');
    return reply.code(204).send();
  });
  app.get('/me', async (request) => app.jwt.verify(request.cookies['access'] ?? ''));`;
    const imports = `${fastifyJwt}\nimport cookiesPlugin from './cookies.js';`;
    const files = { ...plugin, 'src/cookies.ts': cookies, ...appWith(login, { imports, register }) };
    const service = await serve(`cookie-${name}-${String(isSigned)}`, files);
    const token = await service.token('/login');
    const { sign } = (await import(`${service.root}/src/cookies.ts`)) as { sign: (value: string) => string };
    const logout = (sent: string): Promise<Response> =>
      fetch(`${service.origin}/logout`, { method: 'POST', headers: { cookie: `${name}=${sent}` } });

    if (isSigned) {
      await logout(token);
      expect(await service.verify(token)).toBe(200);
    }
    expect((await logout(isSigned ? sign(token) : token)).status).toBe(204);
    expect(await service.verify(token)).toBe(401);
  });
});

describe('9b our mistake is not their bad token: keys and plugins', () => {
  it.each([
    ['an async function', "async () => 'x'"],
    [
      'a function that calls back',
      '(_request: unknown, _token: unknown, done: (e: null, k: string) => void) => done(null, "x")',
    ],
    ['a function with a name', 'findKey'],
    ['a public key function', '{ private: "x", public: findKey }'],
  ])('refuses a key of @fastify/jwt that is %s', async (_name, key) => {
    const register = `  await app.register(fastifyJwt, { secret: ${key} });`;
    const imports = `${fastifyJwt}\nconst findKey = async (): Promise<string> => Promise.reject(new Error('no key'));`;
    expect(await refusalOf('key', { ...plugin, ...appWith(login, { imports, register }) })).toEqual([
      'E_TOKEN_POLICY src/app.ts:8',
    ]);
  });

  it('refuses @fastify/jwt in a context of its own, where app.jwt is out of reach', async () => {
    const register = `  await app.register(async (inner) => {
    await inner.register(fastifyJwt, { secret: process.env['SECRET'] ?? '' });
    inner.post('/inner/login', async () => ({ token: inner.jwt.sign({ sub: '1' }) }));
  });`;
    const files = { ...plugin, ...appWith({}, { imports: fastifyJwt, register }) };
    expect(await refusalOf('no-jwt', files)).toEqual(['E_NO_REGISTRATION_PLACE src/app.ts:7']);
  });
});

const fail =
  (fields: object): (() => never) =>
  () => {
    throw Object.assign(new Error('ours'), fields);
  };
const withVerify = (verify: () => unknown): object => ({ jwt: { verify } });
const coded = (code: string): object => withVerify(fail({ code }));
const token = signedElsewhere({});
const rsToken = signedElsewhere({}, { alg: 'RS256' });
const xsToken = signedElsewhere({}, { alg: 'XS999' });

const mistakes: readonly (readonly [string, Rendered, unknown, string, string])[] = [
  ['no app.jwt', 'fastifyJwt', {}, 'HS256', token],
  ['an invalid key', 'fastifyJwt', coded('FAST_JWT_INVALID_KEY'), 'HS256', token],
  ['a missing key', 'fastifyJwt', coded('FAST_JWT_MISSING_KEY'), 'HS256', token],
  ['a key that cannot be fetched', 'fastifyJwt', coded('FAST_JWT_KEY_FETCHING_ERROR'), 'HS256', token],
  ['a signature that cannot be checked', 'fastifyJwt', coded('FAST_JWT_VERIFY_ERROR'), 'HS256', token],
  ['an invalid option', 'fastifyJwt', coded('FAST_JWT_INVALID_OPTION'), 'HS256', token],
  ['an error that nobody knows', 'fastifyJwt', withVerify(fail({})), 'HS256', token],
  [
    'a promise that rejects with an error of the language',
    'fastifyJwt',
    withVerify(() => Promise.reject(new TypeError('no key'))),
    'HS256',
    token,
  ],
  ['a promise of claims', 'fastifyJwt', withVerify(() => Promise.resolve({ sub: 'admin' })), 'HS256', token],
  [
    'a promise that rejects',
    'fastifyJwt',
    withVerify(() => Promise.reject(new Error('no key'))),
    'HS256',
    token,
  ],
  ['a secret for a key pair', 'jsonwebtoken', 'a'.repeat(32), 'RS256', rsToken],
  ['an unknown algorithm', 'jsonwebtoken', 'a'.repeat(32), 'XS999', xsToken],
  ['a key of a wrong kind', 'jose', { kty: 'nonsense' }, 'HS256', token],
  ['no key', 'jose', undefined, 'HS256', token],
  ['an unknown algorithm', 'jose', 'a'.repeat(32), 'XS999', xsToken],
  ['an unknown algorithm', 'fastJwt', 'a'.repeat(32), 'XS999', xsToken],
  ['an empty key', 'fastJwt', '', 'HS256', token],
  ['a secret for a key pair', 'fastJwt', 'a'.repeat(32), 'RS256', rsToken],
];

describe('9b our mistake is not their bad token: the verifiers', () => {
  it.each(mistakes)(
    '%s (%s) is no TokenError, and ends nothing',
    async (_name, library, from, algorithm, sent) => {
      const rejections: unknown[] = [];
      const note = (reason: unknown): void => void rejections.push(reason);
      process.on('unhandledRejection', note);
      const outcome: unknown = await Promise.resolve()
        .then(() => newVerifier(library, from, algorithm)(sent))
        .then(
          (claims) => ({ claims }),
          (error: unknown) => error,
        );
      await new Promise((resolve) => setTimeout(resolve, 5));
      process.off('unhandledRejection', note);

      expect(outcome).toBeInstanceOf(Error);
      expect(outcome).not.toMatchObject({ name: 'TokenError' });
      expect(rejections).toEqual([]);
    },
  );

  it.each(['fastJwt', 'fastifyJwt', 'jsonwebtoken', 'jose'] as const)(
    'takes an ECDSA signature of another length for a bad token (%s)',
    async (library) => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const { createVerifier } = await import('fast-jwt');
      const from = {
        fastJwt: pem,
        jsonwebtoken: publicKey,
        jose: publicKey,
        fastifyJwt: withVerify(createVerifier({ key: pem, algorithms: ['ES256'] }) as () => unknown),
      };
      const verify = newVerifier(library, from[library], 'ES256');
      const text = signedElsewhere({}, { alg: 'ES256' });
      const bad = [text, text.slice(0, -8), `${text.slice(0, text.lastIndexOf('.') + 1)}AA`];
      for (const one of bad)
        await expect(Promise.resolve().then(() => verify(one))).rejects.toMatchObject({ name: 'TokenError' });
    },
  );
});
