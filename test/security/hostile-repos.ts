/** Files of a repository that are there to keep a survey busy, beside the usual ones of {@link usualFiles}. */
export interface HostileRepo {
  readonly name: string;
  readonly files: () => Readonly<Record<string, string>>;
}

export const usualFiles: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'svc',
    type: 'module',
    dependencies: { fastify: '^5.0.0', '@fastify/jwt': '^10.0.0', zod: '^4.0.0', ioredis: '^5.0.0' },
  }),
  'src/app.ts': [
    "import Fastify from 'fastify';",
    "import { hook } from './hook.js';",
    "import users from './routes/users.js';",
    'export async function buildApp() {',
    '  const app = Fastify();',
    "  app.addHook('onRequest', hook);",
    "  app.register(users, { prefix: '/users' });",
    '  return app;',
    '}',
    '',
  ].join('\n'),
  'src/hook.ts': 'export async function hook() {}\n',
  'src/routes/users.ts':
    "import type { FastifyInstance } from 'fastify';\nexport default async function users(app: FastifyInstance) {\n  app.get('/', async () => []);\n}\n",
};

/** A text of about so many characters. */
function filled(text: string, chars = 200_000): string {
  return text.repeat(Math.ceil(chars / text.length));
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

/** Code in the hook file, which every question about guards goes through. */
function hook(name: string, body: () => string): HostileRepo {
  return { name: `a hook of ${name}`, files: () => ({ 'src/hook.ts': `import 'fastify';\n${body()}\n` }) };
}

/** Code in the file that makes the application. */
function app(name: string, rest: () => string): HostileRepo {
  return {
    name: `an application with ${name}`,
    files: () => ({ 'src/app.ts': `${usualFiles['src/app.ts'] ?? ''}\n${rest()}\n` }),
  };
}

function config(name: string, path: string, text: () => string): HostileRepo {
  return { name, files: () => ({ [path]: text() }) };
}

const refusing = 'reply.code(401); jwtVerify();';

/** Texts that make a regular expression go back and forth. */
const backtracking: readonly HostileRepo[] = [
  hook(
    'dotted names',
    () => `export async function hook(request, reply) { ${refusing} ${filled('a.', 60_000)}b; }`,
  ),
  hook(
    'dotted names with marks',
    () => `export async function hook(request, reply) { ${refusing} ${filled('a?.', 60_000)}b; }`,
  ),
  hook(
    'one long word',
    () => `export async function hook(request, reply) { ${refusing} const ${filled('x', 100_000)} = 1; }`,
  ),
  hook(
    'exclamation marks and blanks',
    () => `export async function hook(request, reply) { ${refusing} /* ${filled('!   ', 100_000)} */ }`,
  ),
  hook(
    'blanks after context.config.x',
    () =>
      `export async function hook(request, reply) { ${refusing} context.config.x${' '.repeat(100_000)}; }`,
  ),
  hook(
    'quotes and slashes',
    () =>
      `export async function hook(request, reply) { ${refusing} const x = [${filled("'/a', ", 100_000)}]; [].includes(x); }`,
  ),
  hook(
    'a quote that never ends',
    () => `export async function hook(request, reply) { ${refusing} /* ${filled("'/aaaa", 100_000)} */ }`,
  ),
  hook(
    'halves of merge markers',
    () => filled('<<<<<<< a\nx\n', 100_000).replaceAll('<<<<<<<', '//<<<<<') + '\n//',
  ),
  hook('lines between merge markers', () => `/*\n${filled('<<<<<<< x\n', 200_000)}*/`),
  hook('words in capitals', () => `/* ${filled('A_B', 200_000)} */`),
  hook('blanks', () => `${' '.repeat(200_000)}export async function hook() {}`),
  hook('blank lines', () => `${filled(' \n', 200_000)}export async function hook() {}`),
  hook('comments of one line', () => `${filled('//\n', 200_000)}export async function hook() {}`),
  hook('comments that begin again', () => `export async function hook() {} /* ${filled('/*', 200_000)} */`),
  app('imports without an end', () => `/* ${filled('import ', 200_000)} */`),
  app('config: { again and again', () => `/* ${filled('config : { ', 200_000)} */`),
  app('.default( again and again', () => `/* ${filled(".default('", 200_000)} */`),
  app('a filter of @fastify/autoload that goes back and forth', () =>
    [
      "import autoload from '@fastify/autoload';",
      "import { join } from 'node:path';",
      'export async function plugins(fastify) {',
      "  fastify.register(autoload, { dir: join(import.meta.dirname, 'routes'), matchFilter: /^(a+)+$/, ignorePattern: /(x+x+)+y/ });",
      '}',
    ].join('\n'),
  ),
  config('an .env.example of blanks', '.env.example', () => `A${' '.repeat(200_000)}`),
  config('an .env.example of words', '.env.example', () => filled('A ', 200_000)),
  config(
    'an .env.example of comments',
    '.env.example',
    () => filled('#\n', 100_000) + filled('# x', 100_000),
  ),
  config('an .env.example of one comment', '.env.example', () => filled('# A', 200_000)),
  config('an .env.example of line ends', '.env.example', () => filled('\n', 200_000)),
  config('an .env.example of equals signs', '.env.example', () => filled('A = = = ', 200_000)),
  config('a package.json with a long version range', 'package.json', () =>
    JSON.stringify({ name: 'svc', type: 'module', dependencies: { fastify: filled('1 ', 100_000) } }),
  ),
  config('a package.json with long scripts', 'package.json', () =>
    JSON.stringify({
      name: 'svc',
      type: 'module',
      scripts: { test: filled('node tsx ', 100_000), start: filled('jest ', 100_000) },
      dependencies: { fastify: '^5.0.0' },
    }),
  ),
  config(
    'a pnpm-workspace.yaml of blanks',
    'pnpm-workspace.yaml',
    () => `catalog:\n${filled(' \n', 200_000)}x`,
  ),
  config(
    'a pnpm-workspace.yaml of indented lines',
    'pnpm-workspace.yaml',
    () => `catalog:\n${filled('  a: 1\n', 200_000)}x`,
  ),
];

/** A chain of so many files, each of which names the next by `line`. */
function chain(
  count: number,
  line: (index: number) => string,
  first: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...Array.from({ length: count }, (_, index) => [`src/b${String(index)}.ts`, `${line(index)}\n`] as const),
    ['src/app.ts', `${first}\n${usualFiles['src/app.ts'] ?? ''}`],
  ]);
}

/** `export *` of each of `count` barrels from all the others. */
function barrels(count: number): Readonly<Record<string, string>> {
  const others = (own: number): string =>
    Array.from({ length: count }, (_, index) => index)
      .filter((index) => index !== own)
      .map((index) => `export * from './b${String(index)}.js';`)
      .join('\n');
  const registered = "import { nothing, hook, users } from './b0.js';";
  const text = (usualFiles['src/app.ts'] ?? '')
    .replace("import { hook } from './hook.js';", registered)
    .replace("import users from './routes/users.js';", '');
  return {
    ...Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`src/b${String(index)}.ts`, others(index)]),
    ),
    'src/app.ts': text.replace('const app = Fastify();', 'const app = Fastify();\n  app.register(nothing);'),
  };
}

/** Structures that a recursion follows too far, or again and again. */
const nested: readonly HostileRepo[] = [
  { name: 'six barrels that re-export each other', files: () => barrels(6) },
  { name: 'sixty barrels that re-export each other', files: () => barrels(60) },
  {
    name: 'constants that stand for each other',
    files: () => ({
      'src/hook.ts': `${lines(3_000, (index) => `export const c${String(index)} = c${String(index + 1)} + c${String(index + 1)};`)}\nexport const hook = c0;\n`,
    }),
  },
  {
    name: 'templates of constants of templates',
    files: () => ({
      'src/routes/users.ts': `${lines(40, (index) => `const c${String(index)} = \`\${c${String(index + 1)}}\${c${String(index + 1)}}\`;`)}\nconst c40 = 'x';\nexport default async function users(app) { app.get(c0, async () => []); }\n`,
    }),
  },
  {
    name: 'conditions of conditions',
    files: () => ({
      'src/app.ts': `${usualFiles['src/app.ts'] ?? ''}\n${lines(30, (index) => `const p${String(index)} = x ? p${String(index + 1)} : y ? p${String(index + 1)} : p${String(index + 1)};`)}\nconst app2 = (await import('fastify')).default(); app2.listen({ port: p0 });\n`,
    }),
  },
  ...['+', '??', '||', ','].map((operator) =>
    app(
      `a chain of 20,000 ${operator}`,
      () => `export const sum = ${Array.from({ length: 20_000 }, () => 'a').join(` ${operator} `)};`,
    ),
  ),
  app(
    'a route whose URL is a sum of 20,000 texts',
    () =>
      `export async function more(fastify) { fastify.get(${Array.from({ length: 20_000 }, () => "'a'").join(' + ')}, async () => 1); }`,
  ),
  app('a chain of 20,000 calls', () => `export const chain = app${'.get()'.repeat(20_000)};`),
  app('20,000 members of members', () => `export const member = app${'.a'.repeat(20_000)};`),
  app('20,000 arrays in each other', () => `export const n = ${'['.repeat(20_000)}${']'.repeat(20_000)};`),
  app('2,000 arrays in each other', () => `export const n = ${'['.repeat(2_000)}${']'.repeat(2_000)};`),
  app('2,000 calls in each other', () => `export const n = ${'f('.repeat(2_000)}1${')'.repeat(2_000)};`),
  app('5,000 parentheses', () => `export const n = ${'('.repeat(5_000)}1${')'.repeat(5_000)};`),
  app('5,000 functions in each other', () => `export const n = ${'() => '.repeat(5_000)}1;`),
  app(
    '1,500 functions with a body in each other',
    () => `export const n = ${'() => { return '.repeat(1_500)}1;${'}'.repeat(1_500)}`,
  ),
  app('5,000 conditions', () => `export const n = ${'a ? b : '.repeat(5_000)}1;`),
  app('3,000 else ifs', () => `export function f(a) { ${'if (a) { } else '.repeat(3_000)} { } }`),
  app('5,000 types in each other', () => `export type N = ${'Array<'.repeat(5_000)}1${'>'.repeat(5_000)};`),
  app('5,000 objects in each other', () => `export const n = ${'{ a: '.repeat(5_000)}1${'}'.repeat(5_000)};`),
  app('20,000 signs before a number', () => `export const n = ${'- '.repeat(20_000)}1;`),
  app('20,000 nots', () => `export const n = ${'!'.repeat(20_000)}1;`),
  app(
    '2,000 templates in each other',
    () => `export const n = ${'`${'.repeat(2_000)}1${'}`'.repeat(2_000)};`,
  ),
  app('40,000 instances', () => filled('Fastify();\n', 400_000)),
  app('20,000 named instances', () => lines(20_000, (index) => `const a${String(index)} = Fastify();`)),
  app(
    '20,000 registrations',
    () => `export async function more(app) {\n${filled('app.register(hook);\n', 400_000)}}`,
  ),
  app(
    '20,000 routes',
    () =>
      `export async function more(app) {\n${lines(20_000, (index) => `app.get('/r${String(index)}', async () => 1);`)}\n}`,
  ),
  app(
    '20,000 hooks',
    () => `export async function more(app) {\n${filled("app.addHook('onRequest', hook);\n", 600_000)}}`,
  ),
  app(
    '20,000 decorators',
    () =>
      `export async function more(app) {\n${lines(20_000, (index) => `app.decorate('d${String(index)}', 1);`)}\n}`,
  ),
  app(
    '20,000 signatures of tokens',
    () => `export async function more(app) {\n${filled('app.jwt.sign({ sub: 1 });\n', 500_000)}}`,
  ),
  app('20,000 imports', () =>
    lines(20_000, (index) => `import x${String(index)} from './x${String(index)}.js';`),
  ),
  app('20,000 functions', () =>
    lines(20_000, (index) => `function f${String(index)}() { return f${String(index + 1)}(); }`),
  ),
  app(
    '20,000 uses of one name',
    () => `export async function more() {\nconst v = 1;\n${filled('v;\n', 60_000)}}`,
  ),
  {
    name: '1,500 files that import each other in a row',
    files: () =>
      chain(
        1_500,
        (index) => `export { hook } from './b${String(index + 1)}.js';`,
        "import { hook as other } from './b0.js';\nexport { other };",
      ),
  },
];

const configured: readonly HostileRepo[] = [
  {
    name: 'a tsconfig that extends itself',
    files: () => ({ 'tsconfig.json': '{ "extends": "./tsconfig.json" }' }),
  },
  {
    name: 'a tsconfig that extends many that extend many',
    files: () => ({
      'tsconfig.json': JSON.stringify({
        extends: Array.from({ length: 20 }, (_, index) => `./c${String(index)}.json`),
      }),
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, own) => [
          `c${String(own)}.json`,
          JSON.stringify({ extends: Array.from({ length: 20 }, (_, index) => `./c${String(index)}.json`) }),
        ]),
      ),
    }),
  },
  {
    name: 'a chain of 500 tsconfigs',
    files: () => ({
      'tsconfig.json': '{ "extends": "./c0.json" }',
      ...Object.fromEntries(
        Array.from({ length: 500 }, (_, index) => [
          `c${String(index)}.json`,
          `{ "extends": "./c${String(index + 1)}.json" }`,
        ]),
      ),
    }),
  },
  {
    name: 'tsconfigs that refer to each other',
    files: () => ({
      'tsconfig.json': '{ "files": [], "references": [{ "path": "./a" }] }',
      'a/tsconfig.json': '{ "files": [], "references": [{ "path": ".." }] }',
    }),
  },
  config('a tsconfig of brackets', 'tsconfig.json', () => '['.repeat(200_000)),
  config('a tsconfig of objects', 'tsconfig.json', () => filled('{"a":', 300_000)),
  config('a tsconfig with 20,000 paths', 'tsconfig.json', () =>
    JSON.stringify({
      compilerOptions: {
        paths: Object.fromEntries(
          Array.from({ length: 20_000 }, (_, index) => [`@p${String(index)}/*`, [`src/${String(index)}/*`]]),
        ),
      },
    }),
  ),
  config('a tsconfig that extends a deep path', 'tsconfig.json', () =>
    JSON.stringify({ extends: filled('a/', 100_000) }),
  ),
  config(
    'a package.json of brackets',
    'package.json',
    () => `{"name":"svc","dependencies":{"fastify":"5"},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  ),
  config(
    'a package.json that ends in brackets',
    'package.json',
    () => `{"name":"svc","dependencies":{"fastify":"5"},"x":${'['.repeat(100_000)}`,
  ),
  config('a package.json with 50,000 dependencies', 'package.json', () =>
    JSON.stringify({
      name: 'svc',
      type: 'module',
      dependencies: {
        fastify: '^5.0.0',
        ...Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`p${String(index)}`, '1'])),
      },
    }),
  ),
  config('a package.json with 20,000 imports', 'package.json', () =>
    JSON.stringify({
      name: 'svc',
      type: 'module',
      imports: Object.fromEntries(
        Array.from({ length: 20_000 }, (_, index) => [`#p${String(index)}/*`, './src/*.js']),
      ),
      dependencies: { fastify: '^5.0.0' },
    }),
  ),
  config('a record of brackets', '.s2s.json', () => '['.repeat(200_000)),
  config(
    'a compose file of aliases of aliases',
    'compose.yaml',
    () =>
      `services:\n  svc:\n    build: .\n    environment:\n      A: &a0 [x, x, x, x, x, x, x, x, x, x]\n${lines(9, (index) => `      B${String(index)}: &a${String(index + 1)} [${Array.from({ length: 10 }, () => `*a${String(index)}`).join(', ')}]`)}\n`,
  ),
  config(
    'a compose file of brackets',
    'compose.yaml',
    () => `services:\n  svc:\n    build: ${'['.repeat(50_000)}`,
  ),
  config('a compose file of dashes', 'compose.yaml', () => `services:\n  ${'- '.repeat(50_000)}`),
  config('a compose file of tags', 'compose.yaml', () => `services:\n  a: ${'!a '.repeat(30_000)}`),
  config(
    'a compose file of 100,000 services',
    'compose.yaml',
    () => `services:\n${lines(100_000, (index) => `  s${String(index)}: { build: . }`)}\n`,
  ),
  config(
    'a compose file of 5,000 services',
    'compose.yaml',
    () => `services:\n${lines(4_000, (index) => `  s${String(index)}: { build: . }`)}\n`,
  ),
  config(
    'a compose file of 3,000 variables',
    'compose.yaml',
    () =>
      `services:\n  svc:\n    build: .\n    environment:\n${lines(3_000, (index) => `      V${String(index)}: 1`)}\n`,
  ),
];

export const hostileRepos: readonly HostileRepo[] = [...backtracking, ...nested, ...configured];
