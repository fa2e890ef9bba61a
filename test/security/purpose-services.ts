import type { Case } from '../helpers/case.ts';

type Files = NonNullable<Case['files']>;

/** A service whose login, and everything else that it signs, goes by one key. */
interface SigningService {
  readonly files: Files;
  /** Routes of the service that answer with a token for something else. */
  readonly others: readonly string[];
}

/** The key of every service here, as the variable SECRET. */
export const secret = 'a-secret-of-these-tests-with-32-bytes-or-more';

export type Library = '@fastify/jwt' | 'jsonwebtoken' | 'jose' | 'fast-jwt';
export const libraries: readonly Library[] = ['@fastify/jwt', 'jsonwebtoken', 'jose', 'fast-jwt'];

const ranges: Readonly<Record<Library, string>> = {
  '@fastify/jwt': '^10.2.0',
  jsonwebtoken: '^9.0.2',
  jose: '^6.0.0',
  'fast-jwt': '^6.0.0',
};

/** package.json and tsconfig.json of a service with that library. */
export function manifestOf(library: Library, more: Readonly<Record<string, string>> = {}): Files {
  const dependencies = {
    fastify: '^5.12.0',
    'fastify-plugin': '^5.0.1',
    [library]: ranges[library],
    ...more,
  };
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
  };
  return {
    'package.json': JSON.stringify({ name: 'svc', type: 'module', dependencies }),
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['src'] }),
  };
}

/** The same service, as its package.json has it on Fastify 4. */
export function onFastify4(files: Files): Files {
  const manifest = String(files['package.json'])
    .replace('"fastify":"^5.12.0"', '"fastify":"^4.28.1"')
    .replace('"fastify-plugin":"^5.0.1"', '"fastify-plugin":"^4.5.1"')
    .replace('"@fastify/jwt":"^10.2.0"', '"@fastify/jwt":"^8.0.1"');
  return { ...files, 'package.json': manifest };
}

/** An app whose routes answer with tokens: path → statements that end with a token. */
export function appWith(
  routes: Readonly<Record<string, string>>,
  { imports = '', register = '' } = {},
): Files {
  const posts = Object.entries(routes).map(
    ([path, token]) => `  app.post('${path}', async (_request, reply) => ({ token: ${token} }));`,
  );
  return {
    'src/app.ts': `import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

export type Hook = (request: FastifyRequest, reply: FastifyReply) => void;
${imports}
export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'error' } });
${register}
${posts.join('\n').replaceAll('(_request, reply)', '()')}
  return app;
}
`,
  };
}

/** How each library signs a claims object, with options that are claims and a life of an hour. */
export function signing(library: Library): {
  readonly imports: string;
  readonly sign: (claims: string, marks?: Marks) => string;
} {
  switch (library) {
    case '@fastify/jwt':
      return {
        imports: "import fastifyJwt from '@fastify/jwt';",
        sign: (claims, marks) => `app.jwt.sign(${claims}, { expiresIn: '1h'${given(marks, 'aud', 'iss')} })`,
      };
    case 'jsonwebtoken':
      return {
        imports: "import jwt from 'jsonwebtoken';\nimport { SECRET } from './secret.js';",
        sign: (claims, marks) =>
          `jwt.sign(${claims}, SECRET, { expiresIn: '1h'${given(marks, 'audience', 'issuer')} })`,
      };
    case 'jose':
      return {
        imports: "import { SignJWT } from 'jose';\nimport { SECRET } from './secret.js';",
        sign: (claims, marks) =>
          `await new SignJWT(${claims}).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })${
            marks === undefined ? '' : `.setAudience('${marks.aud}').setIssuer('${marks.iss}')`
          }.setIssuedAt().setExpirationTime('1h').sign(new TextEncoder().encode(SECRET))`,
      };
    case 'fast-jwt':
      return {
        imports: "import { createSigner } from 'fast-jwt';\nimport { SECRET } from './secret.js';",
        sign: (claims, marks) =>
          `createSigner({ key: SECRET, expiresIn: 3600000${given(marks, 'aud', 'iss')} })(${claims})`,
      };
  }
}

interface Marks {
  readonly aud: string;
  readonly iss: string;
}

function given(marks: Marks | undefined, audience: string, issuer: string): string {
  return marks === undefined ? '' : `, ${audience}: '${marks.aud}', ${issuer}: '${marks.iss}'`;
}

export const secretFile: Files = { 'src/secret.ts': "export const SECRET = process.env['SECRET'] ?? '';\n" };

/** Login tokens without a mark, and six kinds of others that can only be told by what they say. */
export function unmarkedService(library: Library): SigningService {
  const { imports, sign } = signing(library);
  const routes: Readonly<Record<string, string>> = {
    '/login': sign("{ sub: '1', email: 'ada@acme.test', role: 'user' }"),
    '/forgot-password': sign("{ sub: '1', purpose: 'reset' }"),
    '/verification-mail': sign("{ sub: '1', email: 'ada@acme.test' }"),
    '/invite': sign("{ sub: '2', email: 'bob@acme.test', role: 'user', invite: true }"),
    '/magic-link': sign("{ sub: '1', scope: 'magic', email: 'ada@acme.test', role: 'user' }"),
    '/refresh-token': sign("{ sub: '1', type: 'refresh' }"),
    '/download-link': sign("{ sub: '1', role: 'user', email: 'ada@acme.test', file: 'a.pdf' }"),
  };
  const register =
    library === '@fastify/jwt'
      ? "  await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? '' });"
      : '';
  return {
    files: { ...manifestOf(library), ...secretFile, ...appWith(routes, { imports, register }) },
    others: Object.keys(routes).filter((path) => path !== '/login'),
  };
}

const login: Marks = { aud: 'web', iss: 'https://auth' };

/** Login tokens with audience and issuer, and a guard that demands them and more. */
export function markedService(library: Library): SigningService {
  const { imports, sign } = signing(library);
  const marked = (aud: string, claims: string): string => sign(claims, { ...login, aud });
  const routes: Readonly<Record<string, string>> = {
    '/login': marked('web', "{ sub: '1', email: 'ada@acme.test' }"),
    '/forgot-password': marked('reset', "{ sub: '1', email: 'ada@acme.test' }"),
    '/invite': marked('invite', "{ sub: '1', email: 'ada@acme.test' }"),
  };
  const guard = guards[library];
  return {
    files: {
      ...manifestOf(library),
      ...secretFile,
      ...guard.files,
      ...appWith(routes, { imports: `${imports}${guard.imports}`, register: guard.register }),
    },
    others: ['/forgot-password', '/invite'],
  };
}

interface Guard {
  readonly files: Files;
  readonly imports: string;
  readonly register: string;
}

const hook = `  app.addHook('onRequest', async (request) => {
    if (request.url.startsWith('/private')) await verifyAccess((request.headers.authorization ?? '').slice(7));
  });`;
const ownGuard = (verifier: string): Guard => ({
  files: { 'src/verify.ts': verifier },
  imports: "\nimport { verifyAccess } from './verify.js';",
  register: hook,
});

const guards: Readonly<Record<Library, Guard>> = {
  '@fastify/jwt': {
    files: {},
    imports: '',
    register: `  await app.register(fastifyJwt, { secret: process.env['SECRET'] ?? '', verify: { allowedIss: 'https://auth' } });
  app.decorate('authenticate', async (request: FastifyRequest) => {
    await request.jwtVerify({ allowedAud: 'web', requiredClaims: ['email'], maxAge: '2h' });
  });`,
  },
  jsonwebtoken: ownGuard(`import jwt from 'jsonwebtoken';
import { SECRET } from './secret.js';

export const AUDIENCE = 'web';

export function verifyAccess(token: string) {
  return jwt.verify(token, SECRET, { algorithms: ['HS256'], issuer: 'https://auth', audience: AUDIENCE, maxAge: '2h' });
}
`),
  jose: ownGuard(`import { jwtVerify } from 'jose';
import { SECRET } from './secret.js';

const issuer = 'https://auth';

export async function verifyAccess(token: string) {
  const options = { issuer, audience: ['web'], typ: 'at+jwt', maxTokenAge: '2h', requiredClaims: ['email'] };
  return (await jwtVerify(token, new TextEncoder().encode(SECRET), options)).payload;
}
`),
  'fast-jwt': ownGuard(`import { createVerifier } from 'fast-jwt';
import { SECRET } from './secret.js';

const verify = createVerifier({
  key: SECRET,
  algorithms: ['HS256'],
  allowedIss: 'https://auth',
  allowedAud: 'web',
  requiredClaims: ['email'],
  maxAge: 7_200_000,
});

export function verifyAccess(token: string): unknown {
  return verify(token);
}
`),
};
