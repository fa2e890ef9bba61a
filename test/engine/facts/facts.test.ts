import { describe, expect, it } from 'vitest';

import { surveyModules } from '../../../generators/_engine/facts/style/place-file.ts';
import { forbidden, misplaced } from '../../../generators/_engine/model/roles.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../repo/memory-repo.ts';
import { manifest, serviceOf } from './service-of.ts';

const app = "import Fastify from 'fastify';\nexport const app = Fastify();\n";

describe('surveyJwt', () => {
  it('reads jose', () => {
    const { jwt } = serviceOf({
      'package.json': manifest({ jose: '6' }),
      'src/app.ts': app,
      'src/token.ts': `import { SignJWT } from 'jose';
        const secret = new TextEncoder().encode(process.env.TOKEN_SECRET);
        interface Payload { sub: string; org: string }
        export const issue = (payload: Payload) => new SignJWT(payload).setProtectedHeader({ alg: 'HS512' }).setIssuer('me').sign(secret);`,
    });
    expect(jwt).toMatchObject({
      library: 'jose',
      algorithm: 'HS512',
      issuer: 'me',
      claims: ['sub', 'org', 'iss'],
      signs: [{ path: 'src/token.ts', line: 4 }],
    });
    expect(jwt.secret?.expression).toBe('new TextEncoder().encode(process.env.TOKEN_SECRET)');
  });

  it('takes the namespace of the tokens that say who the user is', () => {
    const { jwt } = serviceOf({
      'package.json': manifest({ '@fastify/jwt': '10' }),
      'src/app.ts': `import jwt from '@fastify/jwt';
        ${app}
        app.register(jwt, { namespace: 'refresh', secret: process.env.REFRESH_SECRET });
        app.register(jwt, { namespace: 'access', secret: process.env.ACCESS_SECRET });
        app.post('/login', () => [app.jwt.refresh.sign({ id: 1 }), app.jwt.access.sign({ id: 1, email: 'a@b.c' })]);`,
    });
    expect(jwt).toMatchObject({ namespace: 'access', secret: { env: 'ACCESS_SECRET' } });
  });

  it('reads options and namespace of @fastify/jwt, and a secret behind a decorator', () => {
    const { jwt, requestDecorations } = serviceOf({
      'package.json': manifest({ '@fastify/jwt': '10' }),
      'src/app.ts': `import jwt from '@fastify/jwt';\n${app}app.register(jwt, { namespace: 'access', secret: app.config.JWT_KEY, sign: { iss: 'acme', aud: 'web' } });\napp.post('/login', async (r, reply) => reply.accessJwtSign({ id: 1 }));`,
    });
    expect(jwt).toMatchObject({
      namespace: 'access',
      issuer: 'acme',
      audience: 'web',
      registeredIn: 'src/app.ts',
      claims: ['id', 'aud', 'iss'],
    });
    expect(jwt.secret).toEqual({ expression: 'app.config.JWT_KEY', imports: [], env: 'JWT_KEY' });
    expect(requestDecorations.map(({ name }) => name)).toEqual(['user', 'jwtVerify', 'jwtDecode']);
  });

  it('follows the secret that a class is given', () => {
    const files = (members: string, made: string): Record<string, string> => ({
      'src/app.ts': app,
      'src/config.ts': `export const env = { jwtSecret: process.env.TOKEN_KEY ?? '' };`,
      'src/jwt-adapter.ts': `import jwt from 'jsonwebtoken';\nexport class JwtAdapter {\n${members}\n  encrypt(plain: object): string {\n    return jwt.sign(plain, this.secret);\n  }\n}`,
      'src/login.ts': `import { env } from './config';\nimport { JwtAdapter } from './jwt-adapter';\nexport const make = () => ${made};`,
    });
    const secretOf = (members: string, made: string): unknown =>
      serviceOf(files(members, made)).jwt.secret?.expression;
    const kept = 'constructor(private readonly secret: string) {}';
    expect(secretOf(kept, 'new JwtAdapter(env.jwtSecret)')).toBe('env.jwtSecret');
    expect(secretOf(kept, '[new JwtAdapter(env.jwtSecret), new JwtAdapter(env.jwtSecret)]')).toBe(
      'env.jwtSecret',
    );
    const assigned = 'secret: string;\nconstructor(id: string, key: string) { this.secret = key; }';
    expect(secretOf(assigned, "new JwtAdapter('a', env.jwtSecret)")).toBe('env.jwtSecret');
    expect(secretOf("secret = process.env.TOKEN_KEY ?? '';", 'new JwtAdapter()')).toBe(
      "process.env.TOKEN_KEY ?? ''",
    );
    // Not `this.secret`, which is nothing in another file.
    expect(secretOf(kept, '[new JwtAdapter(env.jwtSecret), new JwtAdapter(env.other)]')).toBeUndefined();
    expect(secretOf(kept, 'undefined')).toBeUndefined();
    expect(secretOf('secret = makeKey(this);', 'new JwtAdapter()')).toBeUndefined();
  });

  it('says no secret rather than one that another file cannot reach', () => {
    const { jwt } = serviceOf({
      'package.json': manifest({ jsonwebtoken: '9' }),
      'src/app.ts': app,
      'src/token.ts':
        "import { sign } from 'jsonwebtoken';\nexport const issue = (id: string, key: string) => sign({ sub: id }, key, { algorithm: 'HS384' });",
    });
    expect(jwt).toMatchObject({ library: 'jsonwebtoken', algorithm: 'HS384', claims: ['sub'] });
    expect(jwt.secret).toBeUndefined();
  });
});

describe('surveyJwt with a key pair', () => {
  it('takes the key that verifies, and the claims that a type picks', () => {
    const { jwt } = serviceOf({
      'package.json': manifest({ jsonwebtoken: '9', zod: '4' }),
      'src/app.ts': app,
      'src/env.ts':
        'const parsed = z.object({ PUB: z.string(), KEY: z.string() }).safeParse(process.env);\nexport const env = parsed.data;',
      'src/token.ts': `import jwt from 'jsonwebtoken';
        import { env } from './env.js';
        export const issue = (user: Pick<User, 'sub' | 'role'>) => jwt.sign(user, env.KEY, { algorithm: 'RS256' });
        export const check = (token: string) => jwt.verify(token, env.PUB);`,
    });
    expect(jwt).toMatchObject({ algorithm: 'RS256', claims: ['sub', 'role'] });
    expect(jwt.secret).toEqual({
      expression: 'env.PUB',
      imports: [{ from: 'src/env.ts', names: ['env'] }],
      env: 'PUB',
    });
  });
});

describe('surveyJwt, keys', () => {
  const sign = "jwt.sign({ sub: '1' }, privateKey, { algorithm: 'RS256' })";
  const keys = 'export const { privateKey, publicKey } = generateKeyPairSync("rsa");';

  it.each([
    ['jsonwebtoken', "import jwt from 'jsonwebtoken';", 'jwt.verify(token, publicKey)', sign],
    [
      'jose',
      "import { jwtVerify, SignJWT } from 'jose';",
      'jwtVerify(token, publicKey)',
      "new SignJWT({ sub: '1' }).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)",
    ],
    [
      'fast-jwt',
      "import { createSigner, createVerifier } from 'fast-jwt';",
      'createVerifier({ key: publicKey })',
      "createSigner({ key: privateKey, algorithm: 'RS256' })({ sub: '1' })",
    ],
  ])('verifies with the public key, as the service does with %s', (library, imports, verify, issue) => {
    const { jwt } = serviceOf({
      'package.json': manifest({ [library]: '9' }),
      'src/app.ts': app,
      'src/keys.ts': keys,
      'src/token.ts': `${imports}\nimport { privateKey, publicKey } from './keys.js';\nexport const issue = () => ${issue};\nexport const check = (token: string) => ${verify};`,
    });
    expect(jwt).toMatchObject({
      library,
      algorithm: 'RS256',
      secret: { expression: 'publicKey', imports: [{ from: 'src/keys.ts', names: ['publicKey'] }] },
    });
  });

  it('skips keys that no other file can reach, and never takes the private one', () => {
    const files = (check: string): Record<string, string> => ({
      'package.json': manifest({ jsonwebtoken: '9' }),
      'src/app.ts': app,
      'src/keys.ts': keys,
      'src/a.ts': `import jwt from 'jsonwebtoken';\nexport const check = (token: string, key: string) => jwt.verify(token, key);`,
      'src/token.ts': `import jwt from 'jsonwebtoken';\nimport { privateKey, publicKey } from './keys.js';\nexport const issue = () => ${sign};\n${check}`,
    });
    expect(serviceOf(files('jwt.verify("", publicKey);')).jwt.secret?.expression).toBe('publicKey');
    expect(serviceOf(files('')).jwt.secret).toBeUndefined();
  });

  it('reads the secret through the way in that the configuration has', () => {
    const { jwt } = serviceOf({
      'package.json': manifest({ jsonwebtoken: '9', zod: '4' }),
      'src/app.ts': app,
      'src/config/env.ts':
        'const schema = z.object({ KEY: z.string() });\nexport const env = schema.parse(process.env);\nexport default env;',
      'src/token.ts':
        "import jwt from 'jsonwebtoken';\nimport env from './config/env.js';\nexport const issue = () => jwt.sign({ sub: '1' }, env.KEY);",
    });
    expect(jwt.secret?.imports).toEqual([{ from: 'src/config/env.ts', names: ['env'] }]);
  });
});

describe('surveyRedis', () => {
  it('finds an exported client', () => {
    const { redis } = serviceOf({
      'package.json': manifest({ ioredis: '5' }),
      'src/app.ts': app,
      'src/redis.ts': "import Redis from 'ioredis';\nexport const cache = new Redis(process.env.REDIS_URL);",
    });
    expect(redis).toEqual({
      library: 'ioredis',
      client: { expression: 'cache', imports: [{ from: 'src/redis.ts', names: ['cache'] }], optional: false },
    });
  });
});

describe('surveyConfig', () => {
  it('finds what a safeParse leaves to other files', () => {
    const { config } = serviceOf({
      'package.json': manifest({ zod: '4' }),
      'src/app.ts': app,
      'src/env.ts':
        "import { z } from 'zod';\nexport const envSchema = z.object({ PORT: z.string() });\nconst parsed = envSchema.safeParse(process.env);\nexport const env = parsed.data;",
      '.env.example': 'PORT=1\n',
    });
    expect(config).toEqual({
      style: 'zod',
      file: 'src/env.ts',
      schema: 'envSchema',
      reader: { expression: 'env', imports: [{ from: 'src/env.ts', names: ['env'] }] },
      exampleFiles: ['.env.example'],
    });
  });

  it.each([
    [
      'in the call',
      {
        'src/app.ts': `${app}import env from '@fastify/env';\nconst schema = { properties: {} };\napp.register(env, { schema });`,
      },
      { file: 'src/app.ts', schema: 'schema' },
    ],
    [
      'in another file',
      {
        'src/app.ts': `${app}import env from '@fastify/env';\nimport { OPTIONS } from './options';\napp.register(env, OPTIONS);`,
        'src/options.ts': 'export const OPTIONS = { schema: { properties: {} } };',
      },
      { file: 'src/options.ts', schema: 'OPTIONS' },
    ],
    [
      'of an autoloaded file',
      {
        'src/app.ts': app,
        'src/plugins/env.ts':
          "import env from '@fastify/env';\nconst schema = { properties: {} };\nexport const autoConfig = { schema };\nexport default env;",
      },
      { file: 'src/plugins/env.ts', schema: 'schema' },
    ],
  ])('finds the options of @fastify/env %s', (_where, files, expected) => {
    expect(serviceOf(files).config).toMatchObject({ style: '@fastify/env', ...expected });
  });

  it('is process.env when the result cannot be imported', () => {
    const { config } = serviceOf({
      'package.json': manifest({ zod: '4' }),
      'src/app.ts': `${app}const env = schema.parse(process.env);`,
    });
    expect(config).toEqual({ style: 'process.env', exampleFiles: [] });
  });
});

describe('surveyLayout of a compiler that is told where the source is', () => {
  it.each([
    ['rootDir', '{ "compilerOptions": { "rootDir": "./source" } }'],
    ['include', '{ "include": ["scripts/*.ts", "source/**/*.ts"] }'],
  ])('goes where %s says', (_, tsconfig) => {
    const files = { 'source/app.ts': app, 'source/b/c.ts': 'export {}', 'src/old.ts': 'export {}' };
    const { layout } = serviceOf({ ...files, 'tsconfig.json': tsconfig });
    expect(layout).toMatchObject({ sourceDir: 'source', utilsDir: 'source/utils' });
  });

  it('stays where the application is', () => {
    const tsconfig = '{ "compilerOptions": { "rootDir": "." }, "include": ["src/app.ts", "generated"] }';
    const { layout } = serviceOf({ 'src/app.ts': app, 'generated/a.ts': '', 'tsconfig.json': tsconfig });
    expect(layout.sourceDir).toBe('src');
  });
});

describe('surveyModules', () => {
  it('reads a tsconfig that extends a package of the workspace, before it is installed', () => {
    const repo = memoryRepo({
      'services/a/package.json': manifest(),
      'services/a/src/app.ts': app,
      'services/a/tsconfig.json': '{ "extends": "@acme/config/node" }',
      'packages/config/package.json':
        '{ "name": "@acme/config", "exports": { "./node": "./configs/node.json" } }',
      'packages/config/configs/node.json': '{ "compilerOptions": { "verbatimModuleSyntax": true } }',
    });
    const [head] = surveyHeads(repo);
    expect(head && surveyModules(repo, head).typeImports).toBe(true);
  });

  it('follows extends, and tells .ts imports and an unused alias', () => {
    const { modules } = serviceOf({
      'src/app.ts': `import { x } from './x.ts';\n${app}`,
      'src/x.ts': 'export const x = 1;',
      'tsconfig.json':
        '{ "extends": "./base.json", /* a comment */ "compilerOptions": { "paths": { "@/*": ["./src/*"], }, } }',
      'base.json': '{ "compilerOptions": { "module": "CommonJS" } }',
    });
    expect(modules).toEqual({
      system: 'cjs',
      extension: '.ts',
      newExtension: '.ts',
      typeImports: false,
      esModuleInterop: false,
      strictResolution: false,
      readsExports: false,
      aliases: [],
      tsconfig: 'tsconfig.json',
    });
  });
});

describe('surveyModules, the compiler', () => {
  it.each([
    [{ module: 'NodeNext' }, true],
    [{ module: 'CommonJS' }, false],
    [{ module: 'ESNext', moduleResolution: 'bundler' }, false],
    [{ module: 'ESNext', moduleResolution: 'node16' }, true],
  ])('with %j resolves strictly: %j', (compilerOptions, strictResolution) => {
    const { modules } = serviceOf({
      'src/app.ts': app,
      'tsconfig.json': JSON.stringify({ compilerOptions }),
    });
    expect(modules.strictResolution).toBe(strictResolution);
  });
});

describe('surveyModules, what tests can load', () => {
  const modulesOf = (jest: object, source = "import { x } from './x.js';"): object =>
    serviceOf({
      'package.json': manifest({ jest: '30' }, { type: 'commonjs', jest }),
      'src/app.ts': `${source}\n${app}`,
      'src/x.ts': 'export const x = 1;',
      'src/x.test.ts': "import { x } from '@/x';",
      'tsconfig.json': '{ "compilerOptions": { "module": "commonjs", "paths": { "@/*": ["./src/*"] } } }',
    }).modules;

  it('writes no .js that jest has no mapper for, and no alias that only tests use', () => {
    const aliases: readonly object[] = [];
    const onlyAlias = { moduleNameMapper: { '^@/(.*)$': '<rootDir>/src/$1' } };
    expect(modulesOf(onlyAlias)).toMatchObject({ extension: '.js', newExtension: '', aliases });
    const mapped = { moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' } };
    expect(modulesOf(mapped)).toMatchObject({ extension: '.js', newExtension: '.js', aliases });
    expect(modulesOf({ resolver: 'jest-ts-webcompat-resolver' })).toMatchObject({ newExtension: '.js' });
    expect(modulesOf({}, "import { x } from '@/x';")).toMatchObject({
      aliases: [{ prefix: '@/', dir: 'src' }],
    });
  });
});

describe('subpath imports', () => {
  it('take no extension where what they stand for has it', () => {
    const { modules, routes } = serviceOf({
      'package.json': manifest({}, { imports: { '#app/*': './src/*.ts' } }),
      'src/app.ts': `import { users } from '#app/users';\n${app}app.register(users);`,
      'src/users.ts': "export async function users(f) { f.get('/', h); }",
      'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }',
    });
    const aliases = [{ prefix: '#app/', dir: 'src', extended: true }];
    expect(modules).toMatchObject({ extension: '.js', aliases });
    expect(routes[0]?.file).toBe('src/users.ts');
  });

  it('are aliases', () => {
    const { modules, routes } = serviceOf({
      'package.json': manifest({}, { imports: { '#src/*': './src/*' } }),
      'src/app.ts': `import { users } from '#src/users.ts';\n${app}app.register(users);`,
      'src/users.ts': "export async function users(f) { f.get('/', h); }",
    });
    expect(modules).toMatchObject({ extension: '.ts', aliases: [{ prefix: '#src/', dir: 'src' }] });
    expect(routes[0]?.file).toBe('src/users.ts');
  });
});

describe('surveyTesting and surveyTooling', () => {
  it('tells vitest globals, a lockfile above and a formatter', () => {
    const { testing, tooling } = serviceOf({
      'package.json': manifest({ vitest: '4', 'ts-node': '10' }),
      'vitest.config.ts': 'export default { test: { globals: true } }',
      'yarn.lock': '',
      'biome.json': '{}',
      'src/app.ts': app,
    });
    expect(testing).toEqual({ runner: 'vitest', globals: true, command: 'yarn vitest run NAME' });
    expect(tooling).toEqual({
      packageManager: 'yarn',
      installRoot: '',
      formatter: 'biome',
      runTypeScript: ['-r', 'ts-node/register/transpile-only'],
    });
  });
});

describe('the command that runs a test', () => {
  it.each([
    ['jest --config test/jest.json --runInBand', 'npx jest --config test/jest.json NAME'],
    ['dotenv -- jest --runInBand -c=jest.unit.js', 'npx jest --config jest.unit.js NAME'],
    ['jest', 'npx jest NAME'],
    ['vitest run', 'npx vitest run NAME'],
  ])('of %j is %j', (script, command) => {
    const { testing } = serviceOf({
      'package.json': manifest({}, { scripts: { test: script } }),
      'src/app.ts': app,
    });
    expect(testing.command).toBe(command);
  });

  it('is the script that runs the unit tests, wherever it is', () => {
    const { testing } = serviceOf({
      'package.json': manifest(
        {},
        {
          scripts: {
            test: 'pnpm test:unit',
            'test:coverage': 'c8 node --test src/**/*.spec.ts',
            'test:unit': 'node --test src/**/*.spec.ts',
          },
        },
      ),
      'src/app.ts': app,
      'src/app.spec.ts': "import test from 'node:test';",
    });
    expect(testing).toMatchObject({ runner: 'node:test', command: 'node --test src/**/*NAME*.spec.ts' });
  });
});

describe('surveyLayout, tests', () => {
  it.each([
    ['beside', { 'src/a/a.test.ts': '', 'src/b/b.test.ts': '' }, 'beside', 'src'],
    [
      'in folders beside',
      { 'src/a/__tests__/a.test.ts': '', 'src/b/__tests__/b.test.ts': '' },
      'nested',
      'src/__tests__',
    ],
    [
      'in one folder',
      { 'src/back/test/a.test.ts': '', 'src/back/test/unit/b.test.ts': '' },
      'folder',
      'src/back/test',
    ],
    [
      'at the top',
      { 'test/a.test.ts': '', 'src/b/__tests__/b.test.ts': '', 'test/c.test.ts': '' },
      'folder',
      'test',
    ],
    [
      'by their kind',
      { 'tests/unit/a.test.ts': '', 'tests/unit/b/c.test.ts': '', 'tests/e2e/d.test.ts': '' },
      'folder',
      'tests/unit',
    ],
    ['nowhere', {}, 'folder', 'test'],
  ])('stand %s', (_where, files, place, dir) => {
    const { layout } = serviceOf({ 'src/app.ts': app, ...files });
    expect(layout.tests).toMatchObject({ place, dir });
  });
});

describe('surveyLayout', () => {
  it('goes where siblings are and is named as they are', () => {
    const { layout } = serviceOf({
      'src/app.ts': `import { userRoutes } from './modules/userOrders/userOrders.routes';\n${app}app.register(userRoutes);`,
      'src/modules/userOrders/userOrders.routes.ts': "export async function userRoutes(f) { f.get('/', h); }",
      'src/middlewares/requireUser.middleware.ts': 'export {}',
      'src/common/money.ts': 'export {}',
      'src/modules/userOrders/userOrders.spec.ts': 'export {}',
    });
    expect(layout).toEqual({
      sourceDir: 'src',
      routesDir: 'src/modules',
      pluginsDir: 'src/plugins',
      middlewareDir: 'src/middlewares',
      utilsDir: 'src/common',
      tests: { place: 'beside', dir: 'src', suffix: '.spec' },
      casing: 'camel',
      dottedCasing: 'camel',
      routeSuffix: '.routes',
      middlewareSuffix: '.middleware',
      pluginSuffix: '',
    });
  });
});

describe('surveyModules', () => {
  it('asks what people wrote, so that a second run imports as the first one did', () => {
    const { modules } = serviceOf({
      'src/app.ts': app,
      'src/env.ts': 'export {};',
      'src/routes/users.ts': "import '../env';",
      'src/plugins/generated.ts': "import '@/env';\nimport '@/app';",
      'tsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"] } } }',
      '.s2s.json': '{ "files": { "src/plugins/generated.ts": "source 0123456789abcdef" } }',
    });
    expect(modules.aliases).toEqual([]);
  });
});

describe('surveyLayout without folders of a kind', () => {
  it('puts them beside the routes, and names files of a suffix as their likes', () => {
    const { layout } = serviceOf({
      'src/main/app.ts': `import { users } from './http/routes/users.routes';\n${app}app.register(users);`,
      'src/main/http/routes/users.routes.ts': "export async function users(f) { f.get('/', h); }",
      'src/main/UserStore.ts': 'export {}',
      'src/main/OrderStore.ts': 'export {}',
      'src/main/TokenStore.ts': 'export {}',
    });
    expect(layout).toMatchObject({
      pluginsDir: 'src/main/http/plugins',
      middlewareDir: 'src/main/http/middleware',
      casing: 'pascal',
      dottedCasing: 'kebab',
    });
  });

  it('knows folders by other spellings', () => {
    const { layout } = serviceOf({
      'src/app.ts': `${app}app.register(x);`,
      'src/fastify-plugins/a.ts': 'export {}',
      'src/Middlewares/b.ts': 'export {}',
    });
    expect(layout).toMatchObject({ pluginsDir: 'src/fastify-plugins', middlewareDir: 'src/Middlewares' });
  });
});

describe('findEnvExamples', () => {
  it.each([
    '.env.example',
    '.env.sample',
    '.env.dist',
    '.env.template',
    'example.env',
    'env.example',
    '.env.local.example',
  ])('knows %s, which may be written', (name) => {
    const { config } = serviceOf({ 'src/app.ts': app, [name]: 'PORT=1\n' });
    expect(config.exampleFiles).toEqual([name]);
    expect(forbidden(name)).toBeUndefined();
    expect(misplaced(name, 'env')).toBeUndefined();
  });

  it.each(['.env', '.env.local', '.env.production', 'prod.env'])('takes %s for none', (name) => {
    const { config } = serviceOf({ 'src/app.ts': app, [name]: 'PORT=1\n' });
    expect(config.exampleFiles).toEqual([]);
    expect(misplaced(name, 'env')).toBeDefined();
  });
});

describe('fastifyMajor and members', () => {
  it.each([
    ['^4.28.1', 4],
    ['5', 5],
    ['~3.29', 3],
    ['latest', 5],
    ['^4.0.0 || ^5.0.0', 5],
    ['npm:fastify@4.28.1', 4],
  ])('reads %s as %i', (range, major) => {
    expect(serviceOf({ 'package.json': manifest({ fastify: range }), 'src/app.ts': app }).fastifyMajor).toBe(
      major,
    );
  });

  it.each([
    [{ '@fastify/passport': '^3.0.0' }, 'requestDecorations', 'user'],
    [{ 'fastify-jwt-jwks': '^2.0.0' }, 'requestDecorations', 'user'],
    [{ 'fastify-jwt-jwks': '^2.0.0' }, 'decorators', 'authenticate'],
    [{ 'fastify-metrics': '^12.0.0' }, 'decorators', 'metrics'],
  ] as const)('knows what the plugin of %j takes', (dependencies, fact, name) => {
    const service = serviceOf({ 'package.json': manifest(dependencies), 'src/app.ts': app });
    expect(service[fact].map((member) => member.name)).toContain(name);
  });

  it('lists what is decorated and declared', () => {
    const service = serviceOf({
      'src/app.ts': `${app}app.decorate('authenticate', f);\napp.decorateRequest('tenant', null);`,
      'src/types.d.ts': "declare module 'fastify' { interface FastifyRequest { account: string } }",
    });
    expect(service.decorators.map(({ name }) => name)).toEqual(['authenticate']);
    expect(service.requestDecorations.map(({ name }) => name)).toEqual(['account', 'tenant']);
  });

  it.each([
    'export interface AuthRequest extends FastifyRequest { user?: string }',
    'export interface AuthRequest extends FastifyRequest<{ Params: object }> { user?: string }',
    'export type AuthRequest = FastifyRequest & { user: { id: string } };',
    'export const idOf = (request: FastifyRequest & { user: { id: string } }) => request.user.id;',
  ])('takes a member that a type adds to requests for taken: %s', (declared) => {
    const { requestDecorations } = serviceOf({
      'src/app.ts': app,
      'src/auth.ts': `import type { FastifyRequest } from 'fastify';\n${declared}\nexport interface Other { name: string }\n`,
    });
    expect(requestDecorations).toEqual([{ name: 'user', at: { path: 'src/auth.ts', line: 2 } }]);
  });
});
