import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Case } from '../helpers/case.ts';
import { materialize } from '../helpers/materialize.ts';
import { isDeep } from '../helpers/sampled.ts';
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

// Guards that demand more of a token than the library does, and move to `app.verifyToken`, as step 1 of the keys asks for.
const { close, open, signedElsewhere } = openServices('moved-guards');
beforeAll(() => {
  process.env['NODE_ENV'] = 'test';
});
afterAll(close);

const generator = 'add-auth-verify';
const withKeys = ['--blacklist', 'memory', '--no-format', '--keys', 'es256'];

/** How each library's guard asks for an issuer, an audience and an age that are the service's own. */
const demands: Readonly<Record<Library, string>> = {
  '@fastify/jwt': "{ allowedIss: 'https://auth', allowedAud: AUDIENCE, maxAge: '2h' }",
  jsonwebtoken:
    "jwt.verify(token, SECRET, { algorithms: ['HS256'], issuer: 'https://auth', audience: AUDIENCE, maxAge: '2h' })",
  jose: "jwtVerify(token, new TextEncoder().encode(SECRET), { issuer: 'https://auth', audience: AUDIENCE, maxTokenAge: '2h' })",
  'fast-jwt':
    "createVerifier({ key: SECRET, algorithms: ['HS256'], allowedIss: 'https://auth', allowedAud: AUDIENCE, maxAge: 7_200_000 })(token)",
};
const moved = 'app.verifyToken(token)';

function serviceWith(library: Library): Files {
  const { imports, sign } = signing(library);
  const isPlugin = library === '@fastify/jwt';
  const verify = isPlugin ? `request.jwtVerify(${demands[library]})` : demands[library];
  const verifier: Readonly<Record<Library, string>> = {
    '@fastify/jwt': '',
    jsonwebtoken: '',
    jose: "import { jwtVerify } from 'jose';\n",
    'fast-jwt': "import { createVerifier } from 'fast-jwt';\n",
  };
  const register = `${isPlugin ? "  await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? '' });\n" : ''}  const authenticate = async (request: FastifyRequest) => {
    const token = (request.headers.authorization ?? '').slice(7);
    try {
      await ${verify};
    } catch {
      throw Object.assign(new Error(token === '' ? 'no token' : 'bad token'), { statusCode: 401 });
    }
  };
  app.get('/private', { onRequest: authenticate }, async () => ({ ok: true }));`;
  return {
    ...manifestOf(library),
    ...secretFile,
    'src/audience.ts': "export const AUDIENCE = 'web';\n",
    ...appWith(
      { '/login': sign("{ sub: '1', email: 'ada@acme.test' }", { aud: 'web', iss: 'https://auth' }) },
      { imports: `${imports}\n${verifier[library]}import { AUDIENCE } from './audience.js';`, register },
    ),
  };
}

/** The service after its guard has moved, and after what else is done to it. */
async function afterMoving(
  name: string,
  library: Library,
  { isOn4 = false, files = serviceWith(library) } = {},
): Promise<string> {
  const root = materialize(join('.security-moved-guards', name), {
    fixture: 'none',
    args: [],
    files: isOn4 ? onFastify4(files) : files,
  });
  if (isOn4) linkFastify4(root);
  await runCommand({ generator, args: withKeys }, root);
  const path = join(root, 'src/app.ts');
  const before = readFileSync(path, 'utf8');
  const own = library === '@fastify/jwt' ? `request.jwtVerify(${demands[library]})` : demands[library];
  expect(before).toContain(own);
  writeFileSync(path, before.replace(own, moved).replace("import { AUDIENCE } from './audience.js';\n", ''));
  return root;
}

/** Statuses of the verify route and of the guarded route for tokens of the secret. */
async function statuses(root: string): Promise<Readonly<Record<string, readonly [number, number]>>> {
  const app = await open(root);
  const now = Math.floor(Date.now() / 1_000);
  const tokens = {
    'as the login signs': {},
    'of another issuer': { iss: 'https://evil' },
    'of no issuer': { iss: undefined },
    'for another audience': { aud: 'reset' },
    'for no audience': { aud: undefined },
    'too old': { iat: now - 10_000 },
  };
  const asked = Object.entries(tokens).map(async ([name, claims]) => {
    const token = signedElsewhere(claims);
    const route = await app.inject({ method: 'POST', url: '/auth/verify', payload: { token } });
    const guard = await app.inject({ url: '/private', headers: { authorization: `Bearer ${token}` } });
    return [name, [route.statusCode, guard.statusCode]] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

/** fast-jwt, also below @fastify/jwt, lets a token pass that has no audience; every login has one, so that it is required. */
const strict = {
  'as the login signs': [200, 200],
  'of another issuer': [401, 401],
  'of no issuer': [401, 401],
  'for another audience': [401, 401],
  'for no audience': [401, 401],
  'too old': [401, 401],
};

const runs: Readonly<Record<string, readonly (readonly [generator: string, args: readonly string[]])[]>> = {
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

describe('a guard that moves to app.verifyToken keeps its demands', () => {
  for (const library of libraries) {
    it.each(isDeep ? Object.keys(runs) : ['all of them, twice'])(`of ${library}, after %s`, async (name) => {
      const root = await afterMoving(`${library.replace('/', '-')}-${name.replaceAll(/\W+/g, '-')}`, library);
      for (const [id, args] of runs[name] ?? []) await runCommand({ generator: id, args }, root);

      expect(await statuses(root)).toEqual(strict);
    });
  }

  for (const library of ['@fastify/jwt', 'fast-jwt'] as const) {
    it(`of ${library}, on Fastify 4`, async () => {
      const root = await afterMoving(`on-4-${library.replace('/', '-')}`, library, { isOn4: true });
      await runCommand({ generator, args: withKeys }, root);
      expect(await statuses(root)).toEqual(strict);
    });
  }

  it.each([true, false])('has a route as strict as @fastify/jwt itself, on Fastify 4: %s', async (isOn4) => {
    const files = serviceWith('@fastify/jwt');
    const global =
      "secret: process.env['SECRET'] ?? '', verify: { allowedIss: 'https://auth', maxAge: '2h' }";
    const app = String(files['src/app.ts'])
      .replace("secret: process.env['SECRET'] ?? ''", global)
      .replace(demands['@fastify/jwt'], '{ allowedAud: AUDIENCE }');
    const root = materialize(`.security-moved-guards/global-${String(isOn4)}`, {
      fixture: 'none',
      args: [],
      files: isOn4 ? onFastify4({ ...files, 'src/app.ts': app }) : { ...files, 'src/app.ts': app },
    });
    if (isOn4) linkFastify4(root);
    await runCommand({ generator, args: withKeys }, root);
    const byRoute = Object.entries(await statuses(root)).map(([name, [route]]) => [name, route] as const);
    expect(Object.fromEntries(byRoute)).toEqual({
      'as the login signs': 200,
      'of another issuer': 401,
      'of no issuer': 401,
      'for another audience': 401,
      'for no audience': 401,
      'too old': 401,
    });
  });

  it('does not require what a login may go without', async () => {
    const { sign } = signing('fast-jwt');
    const files = serviceWith('fast-jwt');
    const plain = String(files['src/app.ts']).replace(
      sign("{ sub: '1', email: 'ada@acme.test' }", { aud: 'web', iss: 'https://auth' }),
      sign("{ sub: '1', email: 'ada@acme.test' }"),
    );
    const root = await afterMoving('unsigned', 'fast-jwt', { files: { ...files, 'src/app.ts': plain } });
    await runCommand({ generator, args: withKeys }, root);
    expect(await statuses(root)).toMatchObject({
      'for no audience': [200, 200],
      'for another audience': [401, 401],
      'of no issuer': [200, 200],
    });
  });

  it('keeps a check of the service that the run after the move does not name', async () => {
    const files = {
      ...serviceWith('@fastify/jwt'),
      'src/sessions.ts':
        'export const isActive = (claims: object): boolean => !JSON.stringify(claims).includes("gone");\n',
    };
    const root = materialize('.security-moved-guards/accept', { fixture: 'none', args: [], files });
    await runCommand({ generator, args: [...withKeys, '--accept', 'src/sessions.ts#isActive'] }, root);
    const path = join(root, 'src/app.ts');
    const own = `request.jwtVerify(${demands['@fastify/jwt']})`;
    writeFileSync(path, readFileSync(path, 'utf8').replace(own, moved));
    await runCommand({ generator, args: withKeys }, root);

    const plugin = readFileSync(join(root, 'src/plugins/auth-verify.ts'), 'utf8');
    expect(plugin).toContain('isActive(claims, request)');
    expect(plugin).toMatch(/import \{ isActive \}/);
    const none = await planCommand({ generator, args: [...withKeys, '--accept', 'none'] }, root);
    expect(none.ok && JSON.stringify(none.edits)).toContain('isActive');
  });

  const unclear: Readonly<Record<string, (plugin: string) => string>> = {
    'a guard asks for something else than the file': (text) =>
      text.replace(/(createTokenVerifier\([^}]*)'https:\/\/auth'/, "$1'https://new'"),
    'the demands of the file cannot be read': (text) =>
      text.replace(/(createTokenVerifier\([^{]*)\{([^}]*)\}/, '$1Object({$2})'),
  };
  it.each(Object.keys(unclear))('refuses where %s', async (name) => {
    const root = materialize('.security-moved-guards/unclear', {
      fixture: 'none',
      args: [],
      files: serviceWith('jsonwebtoken'),
    });
    await runCommand({ generator, args: withKeys }, root);
    const path = join(root, 'src/plugins/auth-verify.ts');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, unclear[name]?.(text) ?? '');
    expect(readFileSync(path, 'utf8')).not.toBe(text);
    const plan = await planCommand({ generator, args: [...withKeys, '--force'] }, root);
    expect(!plan.ok && plan.obstacles.map(({ code }) => code)).toEqual(['E_TOKEN_POLICY']);
  });

  it.each([
    ['as a member', moved],
    ['taken out of the instance', '(({ verifyToken }: FastifyInstance) => verifyToken(token))(app)'],
  ])('refuses a guard whose app.verifyToken went with the file, %s', async (_, call) => {
    const root = await afterMoving('orphan', 'jose');
    const app = join(root, 'src/app.ts');
    writeFileSync(app, readFileSync(app, 'utf8').replace(moved, call));
    rmSync(join(root, 'src/plugins/auth-verify.ts'));
    const plan = await planCommand({ generator, args: [...withKeys, '--force'] }, root);
    expect(!plan.ok && plan.obstacles.map(({ code, at }) => `${code} ${at?.path ?? ''}`)).toEqual([
      'E_TOKEN_POLICY src/app.ts',
    ]);
  });

  it('refuses an undo, which would take the guard away', async () => {
    const root = await afterMoving('undo', '@fastify/jwt');
    const undone = await planCommand({ generator: 's2s-undo', args: [] }, root);
    expect(!undone.ok && undone.obstacles.map(({ code }) => code)).toEqual(['E_IN_USE']);
  });
});
