import { describe, expect, it } from 'vitest';

import { findIssued } from '../../../../generators/_engine/facts/auth/jwt-issued.ts';
import { decideLogins } from '../../../../generators/_engine/facts/auth/jwt-logins.ts';
import { findSigns } from '../../../../generators/_engine/facts/auth/jwt-signs.ts';
import { findPluginUse, surveyJwt } from '../../../../generators/_engine/facts/auth/jwt.ts';
import {
  type LoginTokens,
  surveyLoginTokens,
} from '../../../../generators/_engine/facts/auth/login-tokens.ts';
import { printSample } from '../../../../generators/_engine/facts/auth/type-samples.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import type { ServiceHead } from '../../../../generators/_engine/model/service.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

/** A service whose login calls `sign` of tokens.ts. */
function tokensOf(tokens: string, call: string): LoginTokens {
  const repo = memoryRepo({
    'package.json': manifest({ jsonwebtoken: '9', '@fastify/jwt': '10', jose: '6' }),
    'src/app.ts': `import Fastify from 'fastify';
import { sign } from './tokens.js';
export const app = Fastify();
app.post('/login', async (request) => {
  const user = await findUser(request.body);
  return { token: ${call} };
});
`,
    'src/users.ts': 'export interface User { id: string; email: string; name?: string }\n',
    'src/tokens.ts': `import jwt from 'jsonwebtoken';
import { SignJWT } from 'jose';
import type { FastifyInstance } from 'fastify';
import type { User } from './users.js';
const secret = process.env['JWT_SECRET'] ?? '';
${tokens}
`,
  });
  const [head] = surveyHeads(repo) as readonly [ServiceHead];
  const survey = openSurvey(repo, head);
  const issued = findIssued(survey, findSigns(survey), (namespace) => findPluginUse(survey, namespace));
  return surveyLoginTokens(survey, surveyJwt(survey), decideLogins(issued).logins);
}

describe('the exported function that signs for a login', () => {
  it.each([
    [
      'an imported interface',
      'export function sign(user: User): string { return jwt.sign({ sub: user.id, email: user.email }, secret); }',
      'sign(user)',
      "{ id: 'user-1', email: 'user@example.com' }",
    ],
    [
      'a part of it, taken apart',
      "export const sign = ({ id }: Pick<User, 'id'>) => { const token = jwt.sign({ uid: id }, secret); return token; };",
      'sign(user)',
      "{ id: 'user-1' }",
    ],
    [
      'texts and numbers',
      "export function sign(id: number, role: 'admin' | 'user', ttl = 60) { return jwt.sign({ sub: String(id), role }, secret); }",
      "sign(user.id, 'admin')",
      "42, 'admin'",
    ],
    [
      'an object of any kind, by what it is given',
      'export function sign(payload: object): string { return jwt.sign(payload, secret); }',
      "sign({ userId: user.id, kind: 'access' })",
      "{ userId: 'user-1', kind: 'access' }",
    ],
    [
      'the instance',
      'export function sign(app: FastifyInstance, user: User) { return app.jwt.sign({ sub: user.id }); }',
      'sign(app, user)',
      "app, { id: 'user-1', email: 'user@example.com' }",
    ],
    [
      'and awaits jose',
      "export async function sign(sub: string) { return await new SignJWT({ sub }).setProtectedHeader({ alg: 'HS256' }).sign(secret); }",
      'await sign(user.id)',
      "'user-1'",
    ],
  ])('takes %s', (_, tokens, call, given) => {
    const { answer, signer } = tokensOf(tokens, call);
    expect(signer).toMatchObject({ name: 'sign', want: { from: 'src/tokens.ts', names: ['sign'] } });
    expect(signer?.arguments).toBe(given);
    expect(answer.members?.get('userId')?.text).toBe(given.includes('42') ? '42' : 'user-1');
  });

  it.each([
    [
      'returns more than the token',
      'export function sign(sub: string) { return { token: jwt.sign({ sub }, secret) }; }',
    ],
    [
      'is given the secret',
      'export function sign(sub: string, key: string) { return jwt.sign({ sub }, key); }',
    ],
    [
      'is given an object of a package',
      'export function sign(row: Row) { return jwt.sign({ sub: row.id }, secret); }',
    ],
    [
      'is not exported by its name',
      'function sign(sub: string) { return jwt.sign({ sub }, secret); }\nexport { sign as make };',
    ],
    [
      'waits for a callback',
      'export function sign(sub: string) { return jwt.sign({ sub }, secret, (e, token) => token); }',
    ],
  ])('is not one that %s', (_, tokens) => {
    const { answer, claims, signer } = tokensOf(tokens, 'sign(user.id, secret)');
    expect(signer).toBeUndefined();
    expect(printSample(claims)).toBe("{ sub: 'user-1' }");
    expect(printSample(answer)).toBe("{ valid: true, userId: 'user-1' }");
  });
});

describe('the claims of a test that signs itself', () => {
  it.each([
    [
      'a parameter',
      'export const sign = (app: FastifyInstance, user: User) => [app.jwt.sign({ ...user })];',
      'sign(app, user)',
    ],
    [
      'a variable',
      'export function sign(app: FastifyInstance, row: unknown) { const user: User | undefined = load(row); return [app.jwt.sign({ ...user })]; }',
      'sign(app, user)',
    ],
    [
      'what a function returns',
      'async function load(row: unknown): Promise<User> { return row; }\nexport async function sign(app: FastifyInstance, row: unknown) { const user = await load(row); return [app.jwt.sign({ ...user, role: 1 })]; }',
      'sign(app, user)',
    ],
  ])('are those of the type of %s that is spread', (_, tokens, call) => {
    const { answer, claims } = tokensOf(tokens, call);
    expect(claims.members?.has('name')).toBe(true);
    expect(printSample(answer)).toBe("{ valid: true, userId: 'user-1', email: 'user@example.com' }");
  });

  it('are those of the sign call, objects in them too', () => {
    const call =
      "jwt.sign({ user: { id: user.id, admin: true }, roles: ['x'], type: 'access', jti: random() }, secret)";
    const { answer, claims } = tokensOf('export const sign = 1;', call.replace('jwt.', 'app.jwt.'));
    expect(printSample(claims)).toBe("{ user: { id: 'user-1', admin: true }, roles: ['x'], type: 'access' }");
    expect(printSample(answer)).toBe("{ valid: true, userId: 'user-1' }");
  });
});
