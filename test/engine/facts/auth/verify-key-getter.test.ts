import { describe, expect, it } from 'vitest';

import { manifest, serviceOf } from '../service-of.ts';

const held = `let pair: { publicKey: CryptoKey; privateKey: CryptoKey } | undefined;`;
const getter = `export function getPair() {
  if (pair === undefined) throw new Error('no keys');
  return pair;
}`;

function secretOf(code: string, binding: string): unknown {
  const { jwt } = serviceOf({
    'package.json': manifest({ jose: '6' }),
    'src/app.ts': "import Fastify from 'fastify';\nexport const app = Fastify();\n",
    'src/keys.ts': `import { jwtVerify, SignJWT } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
${held}
${code}
export const sign = (sub: string) => new SignJWT({ sub }).setProtectedHeader({ alg: 'RS256' }).sign(getPair().privateKey);
export async function verify(token: string) {
  ${binding}
  return (await jwtVerify(token, publicKey)).payload;
}`,
  });
  return jwt.secret;
}

describe('the key that a service verifies with', () => {
  it.each(['const { publicKey } = getPair();', 'const { publicKey: publicKey } = getPair();'])(
    'is read through an exported getter: %s',
    (binding) => {
      expect(secretOf(getter, binding)).toEqual({
        expression: 'getPair().publicKey',
        imports: [{ from: 'src/keys.ts', names: ['getPair'] }],
      });
    },
  );

  it.each([
    ['is not exported', getter.replace('export ', ''), 'const { publicKey } = getPair();'],
    [
      'makes a pair each time',
      "export function getPair() { return generateKeyPairSync('rsa', { modulusLength: 2048 }); }",
      'const { publicKey } = getPair();',
    ],
    [
      'is asynchronous and not awaited',
      'export async function getPair() { return pair; }',
      'const { publicKey } = getPair();',
    ],
    [
      'returns a variable of its own',
      'export async function getPair() { const made = await generate(); return made; }',
      'const { publicKey } = await getPair();',
    ],
    ['comes from a package', getter, "const { publicKey } = generateKeyPairSync('ed25519');"],
    ['has a default', getter, 'const { publicKey = other } = getPair();'],
  ])('is not found where the getter %s', (_, code, binding) => {
    expect(secretOf(code, binding)).toBeUndefined();
  });
});

describe('what the code of its own file rules out', () => {
  it.each([
    ['export const getPair = () => pair!;', '(getPair().publicKey)'],
    [
      'export async function getPair() { pair ??= await generate(); return pair; }',
      '(await getPair()).publicKey',
    ],
    [
      'export async function getPair() { if (!pair) pair = await generate(); return { publicKey: pair.publicKey }; }',
      '(await getPair()).publicKey',
    ],
  ])('reads a getter of a held pair: %s', (code, expression) => {
    const isAsync = expression.startsWith('(await');
    const found = secretOf(code, `const { publicKey } = ${isAsync ? 'await ' : ''}getPair();`);
    expect(found).toMatchObject({ expression: isAsync ? expression : 'getPair().publicKey' });
  });

  it.each([
    ["const secret = process.env.S; if (!secret) throw new Error('S');", 'secret'],
    ['const secret = process.env.S as string;', 'secret'],
    ['const { S: secret } = process.env;', 'secret!'],
    ['', 'process.env.S!'],
    ["if (process.env.S === undefined) throw new Error('S');", 'process.env.S'],
  ])('a secret that may be undefined to the compiler elsewhere: %s', (before, secret) => {
    const { jwt } = serviceOf({
      'package.json': manifest({ '@fastify/jwt': '10' }),
      'src/app.ts': `import jwt from '@fastify/jwt';
import Fastify from 'fastify';
${before}
export const app = Fastify();
app.register(jwt, { secret: ${secret} });`,
    });
    expect(jwt.secret).toMatchObject({ expression: "(process.env.S ?? '')", env: 'S' });
  });

  it('adds nothing to a text that has a default', () => {
    const { jwt } = serviceOf({
      'package.json': manifest({ '@fastify/jwt': '10' }),
      'src/app.ts': `import jwt from '@fastify/jwt';
import Fastify from 'fastify';
export const app = Fastify();
app.register(jwt, { secret: process.env.S ?? 'development' });`,
    });
    expect(jwt.secret).toMatchObject({ expression: "process.env.S ?? 'development'" });
  });
});

describe('two sign calls with two algorithms', () => {
  const { jwt } = serviceOf({
    'package.json': manifest({ jsonwebtoken: '9' }),
    'src/keys.ts': `export const REFRESH_SECRET = process.env.REFRESH ?? '';
export const PRIVATE = process.env.PRIVATE ?? '';
export const PUBLIC = process.env.PUBLIC ?? '';`,
    'src/app.ts': `import jwt from 'jsonwebtoken';
import Fastify from 'fastify';
import { PRIVATE, PUBLIC, REFRESH_SECRET } from './keys.js';
export const app = Fastify();
app.post('/refresh', async (request) => jwt.verify(String(request.body), REFRESH_SECRET));
app.get('/legacy', async (request) => jwt.verify(String(request.body), process.env.OLD ?? '', { algorithms: ['ES256'] }));
app.get('/me', async (request) => jwt.verify(String(request.body), PUBLIC));
app.post('/login', async () => ({
  refresh: jwt.sign({ sub: '1', type: 'refresh' }, REFRESH_SECRET, { algorithm: 'HS512' }),
  access: jwt.sign({ sub: '1', email: 'a' }, PRIVATE, { algorithm: 'RS256' }),
}));`,
  });

  it('take algorithm, key and line of the one that logs people in', () => {
    expect(jwt.algorithm).toBe('RS256');
    expect(jwt.signs[0]).toEqual({ path: 'src/app.ts', line: 10 });
    expect(jwt.secret).toMatchObject({ expression: 'PUBLIC' });
  });
});
