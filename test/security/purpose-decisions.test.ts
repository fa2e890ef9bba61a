import { generateKeyPairSync } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { appWith, manifestOf, onFastify4, secretFile, signing, unmarkedService } from './purpose-services.ts';
import { openServices, type Running } from './token-services.ts';

const { close, plan, serve, signedElsewhere } = openServices('decisions');

afterAll(close);

type Files = Parameters<typeof plan>[1];
const { imports, sign } = signing('jsonwebtoken');
const base: Files = { ...manifestOf('jsonwebtoken'), ...secretFile };
const withRoutes = (routes: Readonly<Record<string, string>>, more: Files = {}, extra = ''): Files => ({
  ...base,
  ...more,
  ...appWith(routes, { imports: `${imports}${extra}` }),
});

/** What it refuses, or what it says of the tokens that it tells apart. */
async function decision(name: string, files: Files, more: readonly string[] = []): Promise<string> {
  const planned = await plan(name, files, more);
  if (!planned.ok) return planned.obstacles.map(({ at, code }) => `${code} ${String(at?.line ?? 0)}`).join();
  const notes = planned.notes.map((note) => /(refuses|accepts) tokens signed at ([^:]+:\d+)/.exec(note));
  return (
    notes.flatMap((found) => (found === null ? [] : [`${String(found[1])} ${String(found[2])}`])).join() ||
    'nothing'
  );
}

const user = "{ sub: '1', email: 'ada@acme.test' }";

describe('B.7 which sign call logs people in is read from the code, or asked', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    [
      'two calls of different claims without a login',
      { '/a': sign(user), '/b': sign("{ sub: '1', role: 'x' }") },
      'E_TOKEN_POLICY 9',
    ],
    [
      'a mailed token that is just like those of the login',
      { '/login': sign(user), '/forgot-password': sign(user) },
      'E_TOKEN_POLICY 10',
    ],
    [
      'an access token that is signed anew',
      { '/login': sign(user), '/refresh': sign(user) },
      'accepts src/app.ts:10',
    ],
    [
      'two tokens of one login that are told apart by nothing clear',
      { '/login': `(Math.random() > 1 ? ${sign(user)} : ${sign("{ sub: '1', step: 'x' }")})` },
      'E_TOKEN_POLICY 9',
    ],
    [
      'a second factor that is pending',
      { '/login': sign(user), '/login/challenge': sign("{ sub: '1', email: 'a', step: 'otp' }") },
      'refuses src/app.ts:10',
    ],
    [
      'a login by mail and password',
      { '/loginWithEmail': sign(user), '/x': sign("{ sub: '1', purpose: 'x' }") },
      'refuses src/app.ts:10',
    ],
    ['one call that is all', { '/a': sign(user) }, 'nothing'],
  ])('%s', async (name, routes, expected) => {
    expect(await decision(name.replaceAll(' ', '-'), withRoutes(routes))).toBe(expected);
  });

  it('takes the answer of --login: by file and line, by file and function', async () => {
    const files = withRoutes({ '/a': sign(user), '/b': sign("{ sub: '1', role: 'x' }") });
    expect(await decision('by-line', files, ['--login', 'src/app.ts:9'])).toBe('refuses src/app.ts:10');
    expect(await decision('by-url', files, ['--login', 'src/app.ts#/b'])).toBe('refuses src/app.ts:9');
    expect(await decision('nowhere', files, ['--login', 'src/app.ts:99'])).toBe('E_TOKEN_POLICY 9');
  });
});

it('B.7 names everybody who calls one signing function in one obstacle', async () => {
  const tokens = `import jwt from 'jsonwebtoken';
import { SECRET } from './secret.js';

export const issue = (sub: string): string => jwt.sign({ sub }, SECRET, { expiresIn: '1h' });
`;
  const token = 'issue(String(process.pid))';
  const extra = "\nimport { issue } from './tokens.js';";
  const routes = { '/login': token, '/forgot-password': token, '/verify-email': token };
  const planned = await plan('one-obstacle', withRoutes(routes, { 'src/tokens.ts': tokens }, extra));
  const messages = planned.ok ? [] : planned.obstacles.map(({ message }) => message);
  expect(messages).toEqual([
    expect.stringMatching(/^The tokens that src\/app\.ts:\d+, src\/app\.ts:\d+ sign have the same claims/),
  ]);
});

describe('B.7 one function signs for all purposes', () => {
  const tokens = `import jwt from 'jsonwebtoken';
import { SECRET } from './secret.js';

interface Extra { purpose: string }

export function issue(sub: string, { purpose }: Extra, audience = 'web'): string {
  return jwt.sign({ sub, purpose }, SECRET, { audience, expiresIn: '1h' });
}

export class Tokens {
  reset(sub: string): string {
    return issue(sub, { purpose: 'reset' });
  }
}
`;
  const routes = {
    '/login': "issue('1', { purpose: 'access' })",
    '/forgot-password': 'new Tokens().reset("1")',
    '/other-audience': "issue('1', { purpose: 'access' }, 'partner')",
  };
  let service: Running;
  beforeAll(async () => {
    const extra = "\nimport { issue, Tokens } from './tokens.js';";
    service = await serve('one-function', withRoutes(routes, { 'src/tokens.ts': tokens }, extra));
  });

  it('accepts the login', async () => {
    expect(await service.verify(await service.token('/login'))).toBe(200);
  });
  it.each(['/forgot-password', '/other-audience'])('refuses %s', async (path) => {
    expect(await service.verify(await service.token(path))).toBe(401);
  });
});

const namespaces = `  await app.register(fastifyJwt, { namespace: 'refresh', secret: process.env['SECRET'] ?? '' });
  await app.register(fastifyJwt, { namespace: 'access', secret: process.env['SECRET'] ?? '' });`;

describe.each([5, 4])('B.7 purpose: @fastify/jwt on Fastify %i', (major) => {
  const moved = (files: Files): Files => (major === 4 ? onFastify4(files) : files);

  it('refuses the token of another namespace with the same key', async () => {
    const types = "declare module '@fastify/jwt' { interface JWT { access: JWT; refresh: JWT } }";
    const routes = {
      '/login': "app.jwt.access.sign({ sub: '1', email: 'ada@acme.test' })",
      '/session-start': "app.jwt.refresh.sign({ sub: '1' })",
    };
    const app = appWith(routes, {
      imports: `import fastifyJwt from '@fastify/jwt';\n${types}`,
      register: namespaces,
    });
    const files = moved({ ...manifestOf('@fastify/jwt'), ...app });
    const service = await serve(`namespaces-${String(major)}`, files, [], major === 4);
    expect(await service.verify(await service.token('/login'))).toBe(200);
    expect(await service.verify(await service.token('/session-start'))).toBe(401);
  });

  it('refuses six kinds of other tokens', async () => {
    const { files, others } = unmarkedService('@fastify/jwt');
    const service = await serve(`others-${String(major)}`, moved(files), [], major === 4);
    expect(await service.verify(await service.token('/login'))).toBe(200);
    for (const path of others)
      expect([path, await service.verify(await service.token(path))]).toEqual([path, 401]);
  });
});

describe('B.7 issuer and audience of a key pair (small input s-issuer)', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const files: Files = {
    ...manifestOf('jose'),
    'src/keys.ts': `import { createPrivateKey, createPublicKey } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';

const privateKey = createPrivateKey(process.env['PRIVATE_KEY'] ?? '');
export const publicKey = createPublicKey(privateKey);

export async function signAccess(sub: string): Promise<string> {
  return new SignJWT({}).setProtectedHeader({ alg: 'RS256' }).setSubject(sub).setIssuer('https://auth').setAudience('web').setExpirationTime('1h').sign(privateKey);
}

export async function elsewhere(iss: string, aud: string): Promise<string> {
  const token = new SignJWT({ sub: '1' }).setProtectedHeader({ alg: 'RS256' });
  return token.setIssuer(iss).setAudience(aud).setExpirationTime('1h').sign(privateKey);
}

export async function verifyAccess(token: string) {
  return (await jwtVerify(token, publicKey, { issuer: 'https://auth', audience: 'web', algorithms: ['RS256'] })).payload;
}
`,
    ...appWith(
      {
        '/login': "await signAccess('1')",
        '/audience': "await elsewhere('https://auth', 'reset')",
        '/issuer': "await elsewhere('https://other', 'web')",
      },
      { imports: "import { elsewhere, signAccess } from './keys.js';" },
    ),
  };

  it('hold in the verifier, which compiles', async () => {
    process.env['PRIVATE_KEY'] = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const service = await serve('s-issuer', files);
    expect(await service.verify(await service.token('/login'))).toBe(200);
    expect(await service.verify(await service.token('/audience'))).toBe(401);
    expect(await service.verify(await service.token('/issuer'))).toBe(401);
    expect(await service.verify(signedElsewhere({}))).toBe(401);
    expect(compileService(`${service.root}/tsconfig.json`)).toEqual([]);
  });
});
