import { TokenError } from 'fast-jwt';
import { expect, it, vi } from 'vitest';

import { createTokenVerifier as createFastJwtVerifier } from '../../../templates/add-auth-verify/token-verifier.fast-jwt.ts';
import { createTokenVerifier as createPluginVerifier } from '../../../templates/add-auth-verify/token-verifier.fastify-jwt.ts';

/** Header and claims that decode, so that nothing but the code decides. */
const token = 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA';
let thrown: Error = new Error('nothing');
const refuse = (): never => {
  throw thrown;
};
vi.mock(import('fast-jwt'), async (original) => ({ ...(await original()), createVerifier: () => refuse }));

/** Codes that blame a key or an option: a 500, never a 401. */
const faults = [
  'INVALID_OPTION',
  'INVALID_KEY',
  'MISSING_KEY',
  'KEY_FETCHING_ERROR',
  'SIGN_ERROR',
  'VERIFY_ERROR',
];

function judged(verify: (text: string) => unknown): unknown {
  try {
    return verify(token);
  } catch (error) {
    return error === thrown ? 'thrown unchanged' : (error as { code: string }).code;
  }
}

// @fastify/jwt verifies with fast-jwt, so both variants of the module list its codes: each of those that are installed.
it.each(Object.values(TokenError.codes))('both verifiers judge %s alike', (code) => {
  thrown = new TokenError(code);
  const name = code.replace('FAST_JWT_', '');
  const verdict = faults.includes(name) ? 'thrown unchanged' : name === 'EXPIRED' ? 'expired' : 'invalid';
  expect(judged(createFastJwtVerifier('secret', 'HS256'))).toBe(verdict);
  expect(judged(createPluginVerifier(() => ({ verify: refuse }), 'HS256'))).toBe(verdict);
});
