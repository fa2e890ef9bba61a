import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';
import {
  libraries,
  type Library,
  markedService,
  secret,
  type SigningService,
  unmarkedService,
} from './purpose-services.ts';

const folder = '.security-purpose';
const apps: FastifyInstance[] = [];
const generator = 'add-auth-verify';
const args = ['--blacklist', 'memory', '--no-format'];

beforeAll(() => {
  process.env['SECRET'] = secret;
});
afterAll(async () => {
  Reflect.deleteProperty(process.env, 'SECRET');
  await Promise.all(apps.map((app) => app.close()));
  rmSync(join(projectRoot, '.cases', folder), { recursive: true, force: true });
});

interface Running {
  readonly origin: string;
  token(path: string): Promise<string>;
  verify(token: string): Promise<number>;
}

/** Generates the verify route into a service and serves it over HTTP. */
async function serve(
  name: string,
  files: SigningService['files'],
  more: readonly string[] = [],
): Promise<Running> {
  const root = materialize(join(folder, name), { fixture: 'none', args: [], files });
  await runCommand({ generator, args: [...args, ...more] }, root);
  const { buildApp } = (await import(join(root, 'src/app.ts'))) as {
    buildApp: () => Promise<FastifyInstance>;
  };
  const app = await buildApp();
  apps.push(app);
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    origin,
    token: async (path) => ((await (await post(path, {})).json()) as { token: string }).token,
    verify: async (token) => (await post('/auth/verify', { token })).status,
  };
}

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** What somebody else signs with the same key: a token of the login, but for what is given. */
function signedElsewhere(claims: Readonly<Record<string, unknown>>, header: object = {}): string {
  const usual = {
    sub: '1',
    email: 'ada@acme.test',
    aud: 'web',
    iss: 'https://auth',
    iat: inSeconds(0),
    exp: inSeconds(60),
  };
  const input = `${encode({ alg: 'HS256', typ: 'at+jwt', ...header })}.${encode({ ...usual, ...claims })}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

describe.each(libraries)('B.7 purpose: %s, a login without marks', (library) => {
  const { files, others } = unmarkedService(library);
  let service: Running;
  beforeAll(async () => {
    service = await serve(`unmarked-${library.replace('/', '-')}`, files);
  });

  it("accepts the login's own token", async () => {
    expect(await service.verify(await service.token('/login'))).toBe(200);
  });
  it.each(others)('refuses the token of %s', async (path) => {
    const token = await service.token(path);
    expect(token.split('.')).toHaveLength(3);
    expect(await service.verify(token)).toBe(401);
  });
});

const isSilent = (library: Library, claim: string): boolean =>
  // The service itself demands no such claim: jsonwebtoken has no option for it.
  library === 'jsonwebtoken' && claim === 'email';

const attacks: Readonly<Record<string, (library: Library) => string | undefined>> = {
  'another audience': () => signedElsewhere({ aud: 'reset' }),
  'a list of other audiences': () => signedElsewhere({ aud: ['reset', 'invite'] }),
  'no audience': () => signedElsewhere({ aud: undefined }),
  'another issuer': () => signedElsewhere({ iss: 'https://elsewhere' }),
  'no issuer': () => signedElsewhere({ iss: undefined }),
  'an issuer that only begins alike': () => signedElsewhere({ iss: 'https://auth.evil.test' }),
  'an age over the limit': () => signedElsewhere({ iat: inSeconds(-3 * 3_600), exp: inSeconds(60) }),
  'a missing required claim': (library) =>
    isSilent(library, 'email') ? undefined : signedElsewhere({ email: undefined }),
  'the wrong type in its header': (library) =>
    library === 'jose' ? signedElsewhere({}, { typ: 'JWT' }) : undefined,
  'no type in its header': (library) =>
    library === 'jose' ? signedElsewhere({}, { typ: undefined }) : undefined,
};

describe.each(libraries)('B.7, 9a purpose: %s, a guard that demands', (library) => {
  const { files, others } = markedService(library);
  let service: Running;
  beforeAll(async () => {
    service = await serve(`marked-${library.replace('/', '-')}`, files);
  });

  it("accepts the login's own token, and one that is like it", async () => {
    expect(await service.verify(await service.token('/login'))).toBe(200);
    expect(await service.verify(signedElsewhere({}))).toBe(200);
  });
  it.each(others)('refuses the token of %s', async (path) => {
    expect(await service.verify(await service.token(path))).toBe(401);
  });
  it.each(Object.entries(attacks).flatMap(([name, make]) => (make(library) === undefined ? [] : [name])))(
    'refuses a token of the same key with %s',
    async (name) => {
      expect(await service.verify(attacks[name]?.(library) ?? '')).toBe(401);
    },
  );
});

describe('B.7 what the code does not say', () => {
  it.todo('placeholder');
});
