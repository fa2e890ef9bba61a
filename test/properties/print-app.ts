import type { Member, RandomApp, Writing } from './random-app.ts';

type Files = Record<string, string>;

/** The files of a random service: package.json, src/app.ts and what it registers. */
export function printApp(app: RandomApp): Readonly<Files> {
  const { members, signs, writing } = app;
  const files: Files = {
    'package.json': JSON.stringify(
      {
        name: 'random-service',
        type: 'module',
        dependencies: {
          '@fastify/jwt': '^10',
          '@fastify/sensible': '^6',
          fastify: '^5',
        },
        devDependencies: { vitest: '^4' },
      },
      undefined,
      2,
    ),
    'src/app.ts': joinLines(writing, [...writing.prologue, ...importLines(app), '', ...bodyLines(app)]),
  };
  for (const one of members) {
    if (one.kind === 'plugin' || one.kind === 'shared' || one.kind === 'helper')
      files[`src/routes/${one.name}.ts`] = joinLines(writing, pluginLines(one, writing));
  }
  if (signs) files['src/routes/login.ts'] = joinLines(writing, loginLines(writing));
  return files;
}

function joinLines({ eol, finalNewline, quote, semicolon }: Writing, lines: readonly string[]): string {
  const text = lines
    .map((line) =>
      line.startsWith("'use strict'") ? line : line.replaceAll("'", quote).replace(/;$/, semicolon),
    )
    .join(eol);
  return finalNewline ? text + eol : text;
}

function importLines({ members, name, signs }: RandomApp): readonly string[] {
  // An instance may be called like the package.
  const lines = [
    name === 'fastify' ? "import createFastify from 'fastify';" : "import Fastify from 'fastify';",
  ];
  for (const one of members) {
    if (one.kind === 'package') lines.push(`import ${one.name} from '@fastify/${one.name}';`);
    if (one.kind === 'plugin' || one.kind === 'shared' || one.kind === 'helper')
      lines.push(`import { ${one.name}Routes } from './routes/${one.name}.js'; // ${one.kind}`);
  }
  if (signs)
    lines.push("import jwt from '@fastify/jwt';", "import { loginRoutes } from './routes/login.js';");
  return lines;
}

function bodyLines(app: RandomApp): readonly string[] {
  const { form, members, name, signs, writing } = app;
  const make = name === 'fastify' ? 'createFastify' : 'Fastify';
  const create = `${make}({ pluginTimeout: 30_000 })`;
  const binding = form === 'class' ? 'this.#app' : name;
  const isAsync = ['async factory', 'main', 'singleton'].includes(form);
  const keyword = isAsync || writing.keyword !== 'await ' ? writing.keyword : '';
  const signing: readonly Member[] = signs
    ? [{ kind: 'plugin', name: 'login', prefix: false, lines: false }]
    : [];
  const jwt = signs
    ? [`${keyword}${binding}.register(jwt, { secret: 'a-secret-with-more-than-32-characters' });`]
    : [];
  const all = [
    ...jwt,
    ...[...members, ...signing].flatMap((one) => memberLines(one, binding, keyword, writing)),
  ];
  const indented = (lines: readonly string[], depth = 1): readonly string[] =>
    lines.map((line) => (line === '' ? line : writing.indent.repeat(depth) + line));
  switch (form) {
    case 'factory':
      return [
        'export function build() {',
        ...indented([`const ${name} = ${create};`, ...all, `return ${name};`]),
        '}',
      ];
    case 'async factory':
      return [
        'export default async function build() {',
        ...indented([`const ${name} = ${create};`, '', ...all, '', `return ${name};`]),
        '}',
      ];
    case 'arrow factory':
      return [
        'export const build = () => {',
        ...indented([`const ${name} = ${create};`, ...all, `return ${name};`]),
        '};',
      ];
    case 'default parameter':
      return [
        `export function build(${name} = ${create}) {`,
        ...indented([...all, `return ${name};`]),
        '}',
        '',
        'export const made = build();',
      ];
    case 'either':
      return [
        'export function build(secure: boolean) {',
        ...indented([
          `const ${name} = secure ? ${make}({ trustProxy: true }) : ${create};`,
          ...all,
          `return ${name};`,
        ]),
        '}',
      ];
    case 'given or made':
      return [
        `export function build(given?: ReturnType<typeof ${make}>) {`,
        ...indented([`const ${name} = given ?? ${create};`, ...all, `return ${name};`]),
        '}',
      ];
    case 'chain':
      return [
        'export function build() {',
        ...indented([`return ${create}`]),
        ...indented(chainLines(app), 2),
        '}',
      ];
    case 'singleton':
      return [`export const ${name} = ${create};`, ...all];
    case 'main':
      return [
        'async function main() {',
        ...indented([`const ${name} = ${create};`, ...all, `await ${name}.listen({ port: 3000 });`]),
        '}',
        'void main();',
      ];
    case 'class':
      return [
        'export class Server {',
        ...indented([
          `readonly #app = ${create};`,
          '',
          'setUp() {',
          ...indented(all),
          '}',
          '',
          'async start() {',
          ...indented(['this.setUp();', 'await this.#app.listen({ port: 3000 });']),
          '}',
        ]),
        '}',
      ];
  }
}

function chainLines({ members, signs, writing }: RandomApp): readonly string[] {
  const calls = members.flatMap((one): readonly string[] => {
    if (one.kind === 'package') return [`.register(${one.name})`];
    if (one.kind === 'plugin' || one.kind === 'shared')
      return [`.register(${one.name}Routes)${writing.comments ? ' // of this service' : ''}`];
    return one.kind === 'route' ? [`.get('/${one.name}', async () => 1)`] : [];
  });
  const signing = signs
    ? [
        "  .register(jwt, { secret: 'a-secret-with-more-than-32-characters' })".trim(),
        '.register(loginRoutes)',
      ]
    : [];
  return [...signing, ...calls, '.register(async () => undefined);'];
}

function memberLines(
  one: Member,
  binding: string,
  keyword: string,
  { comments, indent }: Writing,
): readonly string[] {
  const trailing = comments ? ' // as agreed' : '';
  switch (one.kind) {
    case 'package':
      return [`${keyword}${binding}.register(${one.name}${one.options ? ', {}' : ''});${trailing}`];
    case 'plugin':
    case 'shared': {
      const options = one.prefix ? `{ prefix: '/${one.name}' }` : '{}';
      if (!one.lines) return [`${keyword}${binding}.register(${one.name}Routes, ${options});${trailing}`];
      return [
        `${keyword}${binding}.register(`,
        `${indent}${one.name}Routes,`,
        `${indent}${options},${trailing}`,
        ');',
      ];
    }
    case 'helper':
      return [`${one.name}Routes(${binding});${trailing}`];
    case 'route':
      return [`${binding}.get('/${one.name}', async () => 1);${trailing}`];
    case 'routeObject':
      return [`${binding}.route({ method: 'GET', url: '/${one.name}', handler: async () => 1 });`];
    case 'hook':
      return [`${binding}.addHook('onRequest', async () => undefined);`];
    case 'decorate':
      // `search` is a method of every instance.
      return [`${binding}.decorate('${one.name}Size', 1);`];
    case 'comment':
      return [one.text];
  }
}

function pluginLines(one: Member & { readonly name: string }, { indent }: Writing): readonly string[] {
  const route = `${indent}app.get('/${one.name}', async () => [1]);`;
  const head = "import type { FastifyInstance } from 'fastify';";
  if (one.kind === 'helper')
    return [head, '', `export function ${one.name}Routes(app: FastifyInstance): void {`, route, '}'];
  if (one.kind !== 'shared')
    return [
      head,
      '',
      `export async function ${one.name}Routes(app: FastifyInstance): Promise<void> {`,
      route,
      '}',
    ];
  return [
    head,
    "import fp from 'fastify-plugin';",
    '',
    `export const ${one.name}Routes = fp(async (app: FastifyInstance) => {`,
    route,
    '});',
  ];
}

function loginLines({ indent }: Writing): readonly string[] {
  return [
    "import type { FastifyInstance } from 'fastify';",
    '',
    'export async function loginRoutes(app: FastifyInstance): Promise<void> {',
    `${indent}app.post('/auth/login', async () => ({ token: app.jwt.sign({ sub: 'ada', email: 'ada@acme.test' }) }));`,
    '}',
  ];
}
