import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { surveyHeads } from '../../generators/_engine/repo/services.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { openChecked } from '../../generators/_engine/program/checked-program.ts';
import { openSurvey } from '../../generators/_engine/program/survey.ts';
import type { Case } from '../helpers/case.ts';
import { runCommand } from '../helpers/run-command.ts';
import { sampled } from '../helpers/sampled.ts';
import { type Library, manifestOf } from './purpose-services.ts';
import { openServices, type Running } from './token-services.ts';

type Files = NonNullable<Case['files']>;

// Sign calls that the second step of the keys rewrites, because it can tell all that they sign.
const { close, plan, serve } = openServices('moved-sign-calls');
afterAll(close);

const steps = ['--keys', 'es256', '--sign', 'keys'];
const claims = "{ sub: '1', email: 'ada@acme.test' }";

interface Login {
  readonly library: Library;
  readonly imports?: string;
  /** At the top of the file. */
  readonly before?: string;
  /** What the handler answers with; it may use `request`, `reply` and, in a plugin, `app`. */
  readonly signed: string;
  /** Parameters of the handler. */
  readonly parameters?: string;
  readonly more?: string;
}

/** A service with its login in a plugin of its own. */
function serviceWith(login: Login): Files {
  const { before = '', imports = '', library, more = '', parameters = '', signed } = login;
  const isPlugin = library === '@fastify/jwt';
  const options = "{ secret: process.env['SECRET'] ?? '', sign: { expiresIn: '15m' } }";
  const manifest = manifestOf(library);
  return {
    ...manifest,
    'tsconfig.json': String(manifest['tsconfig.json']).replace(
      '"strict":true',
      '"strict":true,"noUnusedLocals":true,"noUnusedParameters":true',
    ),
    'src/app.ts': `import Fastify, { type FastifyInstance } from 'fastify';
${isPlugin ? "import fastifyJwt from '@fastify/jwt';" : ''}
import { loginRoutes } from './login.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'error' } });
  ${isPlugin ? `await app.register(fastifyJwt, ${options});` : ''}
  await app.register(loginRoutes);
  return app;
}
`,
    'src/login.ts': `import type { FastifyInstance } from 'fastify';
${imports}
${before}
export async function loginRoutes(app: FastifyInstance): Promise<void> {
  app.post('/auth/login', async (${parameters}) => ({ token: ${signed} }));
${more}}
`,
  };
}

const jsonwebtoken = { library: 'jsonwebtoken', imports: "import jwt from 'jsonwebtoken';" } as const;
const jose = { library: 'jose', imports: "import { SignJWT } from 'jose';" } as const;
const fastJwt = { library: 'fast-jwt', imports: "import { createSigner } from 'fast-jwt';" } as const;
const secret = "process.env['SECRET'] ?? ''";
const header = ".setProtectedHeader({ alg: 'HS256' }).setIssuedAt()";

const moved: Readonly<Record<string, Login & { readonly becomes: string }>> = {
  jsonwebtoken: {
    ...jsonwebtoken,
    before: `const secret = ${secret};\n`,
    signed: `jwt.sign(${claims}, secret, { algorithm: 'HS256', expiresIn: '15m' })`,
    becomes: `app.signToken(${claims}, 900)`,
  },
  'jsonwebtoken, with claims as options': {
    ...jsonwebtoken,
    signed: `jwt.sign({ email: 'ada@acme.test' }, ${secret}, { subject: '1', expiresIn: 900 })`,
    becomes: "app.signToken({ email: 'ada@acme.test', sub: '1' }, 900)",
  },
  jose: {
    ...jose,
    before: `const key = new TextEncoder().encode(${secret});\n`,
    signed: `await new SignJWT(${claims})${header}.setExpirationTime('15m').sign(key)`,
    becomes: `app.signToken(${claims}, 900)`,
  },
  'jose, with a subject': {
    ...jose,
    before: `const key = new TextEncoder().encode(${secret});\n`,
    signed: `await new SignJWT({ email: 'ada@acme.test' })${header}.setSubject('1').setExpirationTime('15 minutes').sign(key)`,
    becomes: "app.signToken({ email: 'ada@acme.test', sub: '1' }, 900)",
  },
  'fast-jwt': {
    ...fastJwt,
    signed: `createSigner({ key: ${secret}, expiresIn: 900_000 })(${claims})`,
    becomes: `app.signToken(${claims}, 900)`,
  },
  'reply.jwtSign': {
    library: '@fastify/jwt',
    parameters: '_request, reply',
    signed: `await reply.jwtSign(${claims})`,
    becomes: `reply.server.signToken(${claims}, 900)`,
  },
};

async function payloadOf(served: Running): Promise<Readonly<Record<string, unknown>>> {
  const [head = '', body = ''] = (await served.token('/auth/login')).split('.');
  const parts = [head, body].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
  return Object.assign({}, ...parts) as Readonly<Record<string, unknown>>;
}

/** What the compiler says of the file with the login, unused names included. */
function problemsOf(root: string): readonly unknown[] {
  const repo = openRepo(root);
  const [head] = surveyHeads(repo);
  return head === undefined
    ? ['no service']
    : openChecked(openSurvey(repo, head)).problems('src/login.ts' as never);
}

describe('a sign call that the second step moves to the keys', () => {
  it.each(sampled(Object.entries(moved), 3))('signs the same with the key: %s', async (name, login) => {
    const own = name.replaceAll(/\W+/g, '-');
    const files = serviceWith(login);
    const served = await serve(own, files, steps);
    const text = readFileSync(join(served.root, 'src/login.ts'), 'utf8');
    expect(text).toContain(`({ token: ${login.becomes} })`);
    expect(text).not.toMatch(/jsonwebtoken|jose|fast-jwt|SECRET/);
    expect(problemsOf(served.root)).toEqual([]);

    const { exp, iat, ...rest } = await payloadOf(served);
    const usual = { alg: 'ES256', typ: 'JWT', sub: '1', email: 'ada@acme.test' };
    expect(rest).toMatchObject({ ...usual, iss: 'svc', aud: 'services' });
    expect(Number(exp) - Number(iat)).toBe(900);
    expect(await served.verify(await served.token('/auth/login'))).toBe(200);

    // What is taken away comes back.
    await runCommand(
      { generator: 's2s-undo', args: ['--generator', 'add-auth-verify', '--yes'] },
      served.root,
    );
    expect(readFileSync(join(served.root, 'src/login.ts'), 'utf8')).toBe(files['src/login.ts']);
  });

  const left: Readonly<Record<string, Login>> = {
    'a callback': {
      ...jsonwebtoken,
      signed: `jwt.sign(${claims}, ${secret}, { expiresIn: '15m' }, () => {})`,
    },
    'a lifetime of the environment': {
      ...jsonwebtoken,
      signed: `jwt.sign(${claims}, ${secret}, { expiresIn: Number(process.env['TTL']) })`,
    },
    'no lifetime': { ...jsonwebtoken, signed: `jwt.sign(${claims}, ${secret})` },
    'an expiry of its own': {
      ...jsonwebtoken,
      signed: `jwt.sign({ sub: '1', exp: 4_000_000_000 }, ${secret}, {})`,
    },
    'claims that cannot be seen': {
      ...jsonwebtoken,
      before: 'declare function load(): object;\n',
      signed: `jwt.sign({ sub: '1', ...load() }, ${secret}, { expiresIn: '15m' })`,
    },
    'an issuer of its own': {
      ...jsonwebtoken,
      signed: `jwt.sign(${claims}, ${secret}, { issuer: String(process.env['ISSUER']), expiresIn: '15m' })`,
    },
    'a header of its own': {
      ...jsonwebtoken,
      signed: `jwt.sign(${claims}, ${secret}, { keyid: 'one', expiresIn: '15m' })`,
    },
    'a comment': {
      ...jsonwebtoken,
      signed: `jwt.sign(${claims}, ${secret}, { expiresIn: '15m' /* short */ })`,
    },
    'a secret that is checked at the start': {
      ...jsonwebtoken,
      before: "const secret = String(process.env['SECRET']);\n",
      signed: `jwt.sign(${claims}, secret, { expiresIn: '15m' })`,
    },
    'a promise that somebody else waits for': {
      ...jose,
      before: `const key = new TextEncoder().encode(${secret});\n`,
      signed: `new SignJWT(${claims})${header}.setExpirationTime('15m').sign(key).then(String)`,
    },
    'a function without the instance': {
      ...jsonwebtoken,
      before: `const issueLogin = (): string => jwt.sign(${claims}, ${secret}, { expiresIn: '15m' });\n`,
      signed: 'issueLogin()',
    },
  };
  it.each(sampled(Object.entries(left), 4))('is left to people with %s', async (name, login) => {
    const planned = await plan(`left-${name.replaceAll(/\W+/g, '-')}`, serviceWith(login), steps);
    if (!planned.ok) throw new Error(planned.obstacles[0].message);
    expect(planned.notes.join('\n')).toMatch(/Sign with the current key at src\/login\.ts:\d+ by hand/);
    expect(planned.edits.map(({ path }) => path)).not.toContain('src/login.ts');
  });

  it('is left to people where it also signs for something else', async () => {
    const before = `const issue = (app: FastifyInstance, claims: { sub: string; purpose?: string }): string => {
  app.log.debug('token');
  return jwt.sign(claims, ${secret}, { expiresIn: '15m' });
};
`;
    const other =
      "  app.post('/reset-password', async () => ({ token: issue(app, { sub: '1', purpose: 'reset' }) }));\n";
    const login = { ...jsonwebtoken, before, signed: "issue(app, { sub: '1' })", more: other };
    const planned = await plan('shared', serviceWith(login), steps);
    if (!planned.ok) throw new Error(planned.obstacles[0].message);
    expect(planned.notes.join('\n')).toContain('by hand: app.signToken');
    expect(planned.edits.map(({ path }) => path)).not.toContain('src/login.ts');
  });
});
