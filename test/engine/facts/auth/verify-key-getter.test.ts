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
      'is asynchronous',
      'export async function getPair() { return pair; }',
      'const { publicKey } = await getPair();',
    ],
    ['comes from a package', getter, "const { publicKey } = generateKeyPairSync('ed25519');"],
    ['has a default', getter, 'const { publicKey = other } = getPair();'],
  ])('is not found where the getter %s', (_, code, binding) => {
    expect(secretOf(code, binding)).toBeUndefined();
  });
});
