import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Case } from '../helpers/case.ts';
import { materialize } from '../helpers/materialize.ts';
import { isDeep, sampled } from '../helpers/sampled.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import {
  appWith,
  libraries,
  type Library,
  manifestOf,
  onFastify4,
  secretFile,
  signing,
} from './purpose-services.ts';
import { linkFastify4, openServices } from './token-services.ts';

type Files = NonNullable<Case['files']>;

// Logins that move to `app.signToken` by hand, as the second step of the keys asks for: what is left of the library are the
// sign calls for something else, which must not pass for the login.
const { close, open, signedElsewhere } = openServices('moved-logins');
beforeAll(() => {
  process.env['NODE_ENV'] = 'test';
});
afterAll(close);

const generator = 'add-auth-verify';
const withKeys = ['--blacklist', 'memory', '--no-format', '--keys', 'es256'];
const claims = "{ sub: '1', email: 'ada@acme.test' }";
const login = { aud: 'web', iss: 'https://auth' };

/** The only token that the library still signs: it has the claims of the login's, for another audience. */
const others = { '/forgot-password': { ...login, aud: 'reset' } } as const;

/** The body of `issueToken(app)` before, and what else its file has. */
interface Tokens {
  readonly body: string;
  readonly rest?: string;
}

/** How `app.signToken` may be written, by people. */
const shapes: Readonly<Record<string, Tokens>> = {
  'app.signToken': { body: `return app.signToken(${claims}, 3_600);` },
  'a member by its text': { body: `return app['signToken'](${claims}, 3_600);` },
  'what is taken out of the instance': {
    body: `const { signToken } = app;\n  return signToken(${claims}, 3_600);`,
  },
  'another name': { body: `const { signToken: sign } = app;\n  return sign(${claims}, 3_600);` },
  'a variable': { body: `const issue = app.signToken;\n  return issue(${claims}, 3_600);` },
  'a bound function': { body: `const issue = app.signToken.bind(app);\n  return issue(${claims}, 3_600);` },
  'an argument': {
    body: 'return issue(app.signToken);',
    rest: `function issue(sign: FastifyInstance['signToken']): string {\n  return sign(${claims}, 3_600);\n}`,
  },
  'an argument that is taken apart': {
    body: 'return issue(app);',
    rest: `const issue = ({ signToken }: FastifyInstance): string => signToken(${claims}, 3_600);`,
  },
  'an object of functions': {
    body: 'return issue({ sign: app.signToken });',
    rest: `function issue(tokens: { sign: FastifyInstance['signToken'] }): string {\n  return tokens.sign(${claims}, 3_600);\n}`,
  },
  'a class with the instance': {
    body: 'return new TokenService(app).issue();',
    rest: `class TokenService {\n  constructor(private readonly server: FastifyInstance) {}\n  issue(): string {\n    return this.server.signToken(${claims}, 3_600);\n  }\n}`,
  },
  'a class with the function': {
    body: 'return new TokenService(app.signToken).issue();',
    rest: `class TokenService {\n  constructor(private readonly sign: FastifyInstance['signToken']) {}\n  issue(): string {\n    return this.sign(${claims}, 3_600);\n  }\n}`,
  },
  'a field that the constructor sets': {
    body: 'return new TokenService(app).issue();',
    rest: `class TokenService {\n  readonly #sign: FastifyInstance['signToken'];\n  constructor({ signToken }: FastifyInstance) {\n    this.#sign = signToken;\n  }\n  issue(): string {\n    return this.#sign(${claims}, 3_600);\n  }\n}`,
  },
};

const tokensFile = (imports: string, { body, rest = '' }: Tokens): string =>
  `import type { FastifyInstance } from 'fastify';\n${imports}\nexport async function issueToken(app: FastifyInstance): Promise<string> {\n  ${body}\n}\n\n${rest}\n`;

function serviceWith(library: Library): Files {
  const { imports, sign } = signing(library);
  const signed = Object.entries(others).map(([path, marks]) => [path, sign(claims, marks)] as const);
  const register =
    library === '@fastify/jwt'
      ? "  await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? '' });"
      : '';
  return {
    ...manifestOf(library),
    ...secretFile,
    'src/tokens.ts': tokensFile(imports, { body: `return ${sign(claims, login)};` }),
    ...appWith(
      { '/login': 'await issueToken(app)', ...Object.fromEntries(signed) },
      { imports: `${imports}\nimport { issueToken } from './tokens.js';`, register },
    ),
  };
}

/** The service after its login has moved, before anything else is done to it. */
async function afterMoving(
  name: string,
  files: Files,
  tokens: Tokens,
  isOn4 = false,
  imports = '',
): Promise<string> {
  const root = materialize(join('.security-moved-logins', name), {
    fixture: 'none',
    args: [],
    files: isOn4 ? onFastify4(files) : files,
  });
  if (isOn4) linkFastify4(root);
  await runCommand({ generator, args: withKeys }, root);
  writeFileSync(join(root, 'src/tokens.ts'), tokensFile(imports, tokens));
  return root;
}

/** What the verify route answers to the token of each route, and to one of the login before it moved. */
async function statuses(root: string, before: object = {}): Promise<Readonly<Record<string, number>>> {
  const app = await open(root);
  const verify = async (token: string): Promise<number> =>
    (await app.inject({ method: 'POST', url: '/auth/verify', payload: { token } })).statusCode;
  const asked = ['/login', ...Object.keys(others)].map(async (url) => {
    const answer = await app.inject({ method: 'POST', url });
    return [url, await verify(answer.json<{ token: string }>().token)] as const;
  });
  return {
    ...Object.fromEntries(await Promise.all(asked)),
    before: await verify(signedElsewhere({ ...before })),
  };
}

const right = { '/login': 200, '/forgot-password': 401, before: 200 };

type Run = readonly [generator: string, args: readonly string[]];
const runs: Readonly<Record<string, readonly Run[]>> = {
  'the same run': [[generator, withKeys]],
  'a run without flags': [[generator, ['--blacklist', 'memory', '--no-format']]],
  'an upgrade': [['s2s-upgrade', []]],
  'all of them, twice': [
    [generator, withKeys],
    ['s2s-upgrade', []],
    [generator, [...withKeys, '--sign', 'keys']],
    ['s2s-upgrade', []],
  ],
};

async function statusesAfter(
  root: string,
  chain: readonly Run[],
  before?: object,
): Promise<ReturnType<typeof statuses>> {
  for (const [id, args] of chain) await runCommand({ generator: id, args }, root);
  return statuses(root, before);
}

const direct: Tokens = { body: `return app.signToken(${claims}, 3_600);` };

describe('a login that moves to app.signToken is still the login', () => {
  for (const library of libraries) {
    it.each(isDeep ? Object.keys(runs) : ['all of them, twice'])(`of ${library}, after %s`, async (name) => {
      const folder = `${library.replace('/', '-')}-${name.replaceAll(/\W+/g, '-')}`;
      const root = await afterMoving(folder, serviceWith(library), direct);
      expect(await statusesAfter(root, runs[name] ?? [])).toEqual(right);
    });
  }

  it.each(sampled(Object.keys(shapes), 5))('written as %s', async (name) => {
    const tokens = shapes[name] ?? direct;
    const files = serviceWith('jsonwebtoken');
    const root = await afterMoving(`as-${name.replaceAll(/\W+/g, '-')}`, files, tokens);
    expect(await statusesAfter(root, [[generator, withKeys]])).toEqual(right);
  });

  it('on Fastify 4', async () => {
    const root = await afterMoving('on-4', serviceWith('@fastify/jwt'), direct, true);
    expect(await statusesAfter(root, runs['the same run'] ?? [])).toEqual(right);
  });

  const byOptions: Readonly<Record<string, readonly [library: Library, tokens: Tokens, imports?: string]>> = {
    '@fastify/jwt': [
      '@fastify/jwt',
      { body: `return app.jwt.sign(${claims}, { ...app.signingOptions, expiresIn: '1h' });` },
    ],
    'fast-jwt, by a variable': [
      'fast-jwt',
      {
        body: `const { signingOptions: options } = app;\n  return createSigner({ ...options, expiresIn: 3_600_000 })(${claims});`,
      },
      "import { createSigner } from 'fast-jwt';",
    ],
    'jsonwebtoken, by its members': [
      'jsonwebtoken',
      {
        body: `const { key, algorithm, kid, iss, aud } = app.signingOptions;\n  return jwt.sign(${claims}, key, { algorithm: algorithm as 'ES256', keyid: kid, issuer: iss, audience: aud, expiresIn: '1h' });`,
      },
      "import jwt from 'jsonwebtoken';",
    ],
  };
  it.each(Object.keys(byOptions))('with app.signingOptions of %s', async (name) => {
    const [library, tokens, imports] = byOptions[name] ?? ['jose', direct];
    const root = await afterMoving(
      `options-${name.replaceAll(/\W+/g, '-')}`,
      serviceWith(library),
      tokens,
      false,
      imports,
    );
    expect(await statusesAfter(root, [[generator, withKeys]])).toEqual(right);
  });

  it('and its tokens of before are accepted, where they had no audience', async () => {
    const { imports, sign } = signing('jsonwebtoken');
    const plain = sign(claims);
    const files = {
      ...serviceWith('jsonwebtoken'),
      'src/tokens.ts': tokensFile(imports, { body: `return ${plain};` }),
    };
    const root = await afterMoving('unmarked', files, direct);
    const chain = [...(runs['the same run'] ?? []), ...(runs['an upgrade'] ?? [])];
    expect(await statusesAfter(root, chain, { aud: undefined, iss: undefined })).toEqual(right);
  });

  it('under the name that somebody gave the decorator', async () => {
    const root = await afterMoving('renamed', serviceWith('jose'), {
      body: `return (app as unknown as { issue: FastifyInstance['signToken'] }).issue(${claims}, 3_600);`,
    });
    const decorators = join(root, 'src/utils/signing-decorators.ts');
    writeFileSync(
      decorators,
      readFileSync(decorators, 'utf8').replace("decorate('signToken'", "decorate('issue' as 'signToken'"),
    );
    expect(await statusesAfter(root, [[generator, withKeys]])).toEqual(right);
  });

  it('beside another token of the keys', async () => {
    const files = serviceWith('jsonwebtoken');
    const root = await afterMoving('both', files, direct);
    const path = join(root, 'src/app.ts');
    const { sign } = signing('jsonwebtoken');
    const before = sign(claims, others['/forgot-password']);
    expect(readFileSync(path, 'utf8')).toContain(before);
    const after = "app.signToken({ sub: '1', email: 'ada@acme.test', purpose: 'reset' }, 900)";
    writeFileSync(path, readFileSync(path, 'utf8').replace(before, after));
    expect(
      await statusesAfter(root, [
        [generator, withKeys],
        [generator, withKeys],
      ]),
    ).toEqual(right);
  });

  it('is asked about where the function goes out of sight', async () => {
    const root = await afterMoving('lost', serviceWith('jsonwebtoken'), {
      body: `return Reflect.apply(app.signToken, undefined, [${claims}, 3_600]);`,
    });
    const plan = await planCommand({ generator, args: withKeys }, root);
    expect(!plan.ok && plan.obstacles.map(({ message }) => message.slice(0, 12))).toEqual(['--user-claim']);
    expect(await statusesAfter(root, [[generator, [...withKeys, '--user-claim', 'sub']]])).toEqual(right);
  });

  it('and the secret stays out where its verifier has been taken away', async () => {
    const root = await afterMoving('last-step', serviceWith('jsonwebtoken'), direct);
    const path = join(root, 'src/plugins/auth-verify.ts');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/createVerifier\(createTokenVerifier\(.*?\)\);/s, 'createVerifier();'));
    expect(readFileSync(path, 'utf8')).not.toBe(text);
    for (const args of [withKeys, [...withKeys, '--force']]) {
      const plan = await planCommand({ generator, args }, root);
      expect(!plan.ok && plan.obstacles.map(({ code, at }) => `${code} ${at?.path ?? ''}`)).toEqual([
        'E_NO_VERIFY_KEY src/plugins/auth-verify.ts',
      ]);
    }
  });

  it('and leaves a mailed token of the keys to be asked about', async () => {
    const { imports, sign } = signing('jsonwebtoken');
    const tokens = { body: `return ${sign(claims, login)};` };
    const root = await afterMoving('mailed', serviceWith('jsonwebtoken'), tokens, false, imports);
    const path = join(root, 'src/app.ts');
    const before = sign(claims, others['/forgot-password']);
    writeFileSync(path, readFileSync(path, 'utf8').replace(before, `app.signToken(${claims}, 900)`));
    const plan = await planCommand({ generator, args: withKeys }, root);
    expect(!plan.ok && plan.obstacles.map(({ code, at }) => `${code} ${at?.path ?? ''}`)).toEqual([
      'E_TOKEN_POLICY src/app.ts',
    ]);
  });
});

describe('a service that begins to sign with the @fastify/jwt of auth-verify.ts', () => {
  it('has its other tokens refused after the next run', async () => {
    const before = appWith({ '/login': "''", '/forgot-password': "''" });
    const manifest = String(manifestOf('jose')['package.json']).replace(',"jose":"^6.0.0"', '');
    expect(manifest).not.toContain('jose');
    const files = { ...manifestOf('jose'), 'package.json': manifest, ...before };
    const root = materialize('.security-moved-logins/begins', { fixture: 'none', args: [], files });
    const args = ['--blacklist', 'memory', '--no-format'];
    await runCommand({ generator, args }, root);
    const path = join(root, 'src/app.ts');
    const sign = (token: string): string => `app.jwt.sign(${token}, { expiresIn: '1h' })`;
    const text = readFileSync(path, 'utf8')
      .replace("'/login', async () => ({ token: '' })", `'/login', async () => ({ token: ${sign(claims)} })`)
      .replace(
        "'/forgot-password', async () => ({ token: '' })",
        `'/forgot-password', async () => ({ token: ${sign("{ sub: '1', purpose: 'reset' }")} })`,
      );
    writeFileSync(path, text);
    process.env['JWT_SECRET'] = 'a-secret-of-at-least-thirty-two-bytes';
    const asked = await statusesAfter(root, [
      [generator, args],
      ['s2s-upgrade', []],
      [generator, args],
    ]);
    expect(asked).toMatchObject({ '/login': 200, '/forgot-password': 401 });
  });
});
