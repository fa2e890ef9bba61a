import { createHmac } from 'node:crypto';

import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Library, newVerifier } from '../../bench/verifier-module.ts';

const secret = 'a-secret-of-at-least-thirty-two-bytes';
const libraries: readonly Library[] = ['fastifyJwt', 'jsonwebtoken', 'jose', 'fastJwt'];
const app: FastifyInstance = Fastify();

beforeAll(async () => {
  await app.register(fastifyJwt, { secret });
});
afterAll(() => app.close());

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const seconds = (from: number): number => Math.floor(Date.now() / 1_000) + from;
const usual = { sub: 'usr_ada', email: 'ada@acme.test' };

/** Signs whatever header and claims it is given. */
function forge(header: object, claims: object, hash: 'sha256' | 'sha512' = 'sha256', key = secret): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`;
}

const valid = forge({ alg: 'HS256', typ: 'JWT' }, { ...usual, exp: seconds(60) });
const [head = '', body = '', signature = ''] = valid.split('.');

/** Tokens that nobody may be let in with. */
const attacks: Readonly<Record<string, string>> = {
  'alg none': `${encode({ alg: 'none' })}.${body}.`,
  'alg None': `${encode({ alg: 'None' })}.${body}.`,
  'alg nOnE with a signature': `${encode({ alg: 'nOnE' })}.${body}.${signature}`,
  'another algorithm with the right key': forge({ alg: 'HS512' }, { ...usual, exp: seconds(60) }, 'sha512'),
  'an algorithm that nobody knows': forge({ alg: 'XS256' }, { ...usual, exp: seconds(60) }),
  'a list of algorithms': forge({ alg: ['HS256', 'none'] }, { ...usual, exp: seconds(60) }),
  'no algorithm': forge({ typ: 'JWT' }, { ...usual, exp: seconds(60) }),
  'RS256 signed with the secret': forge({ alg: 'RS256' }, { ...usual, exp: seconds(60) }),
  'a key of its own': forge(
    { alg: 'HS256', jwk: { kty: 'oct', k: encode('evil') } },
    usual,
    'sha256',
    'evil',
  ),
  'a key set elsewhere': forge({ alg: 'HS256', jku: 'http://127.0.0.1:9/keys' }, usual, 'sha256', 'evil'),
  'a certificate elsewhere': forge({ alg: 'HS256', x5u: 'http://127.0.0.1:9/cert' }, usual, 'sha256', 'evil'),
  'a key ID that is a path': forge(
    { alg: 'HS256', kid: '../../../dev/null' },
    usual,
    'sha256',
    ''.padEnd(1, '\0'),
  ),
  'a key ID of 10 KB': forge({ alg: 'HS256', kid: 'k'.repeat(10_000) }, usual, 'sha256', 'evil'),
  'the empty key': forge({ alg: 'HS256' }, usual, 'sha256', '\0'),
  'a signature of somebody else': forge(
    { alg: 'HS256' },
    usual,
    'sha256',
    'another-secret-of-thirty-two-bytes!!',
  ),
  'a signature that was cut': `${head}.${body}.${signature.slice(0, -4)}`,
  'no signature': `${head}.${body}.`,
  'changed claims': `${head}.${encode({ ...usual, sub: 'admin' })}.${signature}`,
  'an expiry in the past': forge({ alg: 'HS256' }, { ...usual, exp: seconds(-60) }),
  'a negative expiry': forge({ alg: 'HS256' }, { ...usual, exp: -1 }),
  'an expiry of 0': forge({ alg: 'HS256' }, { ...usual, exp: 0 }),
  'an expiry that is text': forge({ alg: 'HS256' }, { ...usual, exp: 'tomorrow' }),
  'a beginning in the future': forge({ alg: 'HS256' }, { ...usual, exp: seconds(99), nbf: seconds(60) }),
  'four parts': `${valid}.${signature}`,
  'two parts': `${head}.${body}`,
  'parts that are no JSON': `${Buffer.from('{').toString('base64url')}.${body}.${signature}`,
  'claims that are a list': forge({ alg: 'HS256' }, [1, 2]),
  'claims that are null': `${head}.${encode(null)}.${createHmac('sha256', secret)
    .update(`${head}.${encode(null)}`)
    .digest('base64url')}`,
  nothing: '',
  dots: '..',
  'a newline before it': `\n${valid}`,
  'spaces around it': ` ${valid} `,
};

describe.each(libraries)('the verifier generated for %s', (library) => {
  const verify = async (token: string): Promise<unknown> => {
    const check = newVerifier(library, library === 'fastifyJwt' ? app : secret);
    return check(token);
  };

  it('takes a good token', async () => {
    expect(await verify(valid)).toMatchObject(usual);
  });

  it.each(Object.entries(attacks))('refuses %s', async (_name, token) => {
    const refusal: unknown = await verify(token).then(
      (claims) => ({ claims }),
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ name: 'TokenError' });
    expect((refusal as { code: string }).code).toMatch(/^(?:malformed|invalid|expired)$/u);
  });

  it('takes a good token after any number of bad ones', async () => {
    const check = newVerifier(library, library === 'fastifyJwt' ? app : secret);
    for (const token of Object.values(attacks))
      await Promise.resolve()
        .then(() => check(token))
        .catch(() => undefined);
    expect(await check(valid)).toMatchObject(usual);
    const hs512 = attacks['another algorithm with the right key'] ?? '';
    await expect(Promise.resolve().then(() => check(hs512))).rejects.toMatchObject({ code: 'invalid' });
  });

  it('gives claims that cannot reach a prototype', async () => {
    const input = `${encode({ alg: 'HS256' })}.${Buffer.from('{"sub":"a","__proto__":{"admin":true}}').toString('base64url')}`;
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    await verify(token).catch(() => undefined);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
