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
    'src/app.ts': joinLines(writing, [...writing.preamble, ...importLines(app), '', ...bodyLines(app)]),
  };
  for (const one of members) {
    if (isFile(one)) files[`src/routes/${one.name}.ts`] = joinLines(writing, pluginLines(one, writing));
  }
  if (signs) files['src/routes/login.ts'] = joinLines(writing, loginLines(writing));
  return files;
}

function joinLines({ eol, finalNewline, quote, semicolon }: Writing, lines: readonly string[]): string {
  const text = lines
    .map((line) =>
      line.startsWith("'use strict'") ? line : line.replaceAll("'", quote).replace(/;$/, semicolon),
    )
    .reduce((before, line, index) => before + (index === 0 ? '' : breakAfter(eol, index)) + line, '');
  return finalNewline ? text + breakAfter(eol, 0) : text;
}

function breakAfter(eol: Writing['eol'], line: number): string {
  if (eol !== 'mixed') return eol;
  return line % 3 === 0 ? '\r\n' : '\n';
}

const pluginsInFiles = ['plugin', 'shared', 'helper', 'made', 'cast', 'choice', 'dynamic'];

function isFile(one: Member): one is Extract<Member, { lines: boolean }> {
  return pluginsInFiles.includes(one.kind);
}

function importLines({ members, name, signs, writing }: RandomApp): readonly string[] {
  // An instance may be called like the package.
  const packages = [
    name === 'fastify' ? "import createFastify from 'fastify';" : "import Fastify from 'fastify';",
    ...members.flatMap((one) =>
      one.kind === 'package' ? [`import ${one.name} from '@fastify/${one.name}';`] : [],
    ),
    ...(signs ? ["import jwt from '@fastify/jwt';"] : []),
  ];
  const types = writing.typeImport
    ? ['import type {', `${writing.indent}FastifyBaseLogger,`, "} from 'fastify';"]
    : [];
  const own = [
    ...members.flatMap((one) => {
      if (!isFile(one) || one.kind === 'dynamic') return [];
      const imported = one.kind === 'made' ? `make${one.name}Routes` : `${one.name}Routes`;
      return [`import { ${imported} } from './routes/${one.name}.js'; // ${one.kind}`];
    }),
    ...(signs ? ["import { loginRoutes } from './routes/login.js';"] : []),
  ];
  const last = writing.typeImport ? ['', 'export type Logger = FastifyBaseLogger;'] : [];
  switch (writing.imports) {
    case 'packages first':
      return [...packages, ...types, ...own, ...last];
    case 'own first':
      return [...own, ...types, ...packages, ...last];
    case 'in groups':
      return ['// packages', ...packages, ...types, '', '/* ours */', ...own, ...last];
  }
}

function bodyLines(app: RandomApp): readonly string[] {
  const { form, members, name, signs, writing } = app;
  const make = name === 'fastify' ? 'createFastify' : 'Fastify';
  const create = `${make}({ pluginTimeout: 30_000 })`;
  const binding = form === 'class' || form === 'loop in a class' ? 'this.#app' : name;
  const isAsync = ['async factory', 'main', 'try', 'top level', 'singleton'].includes(form);
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
  const loopless = members
    .filter(({ kind }) => kind !== 'plugin' && kind !== 'shared')
    .flatMap((one) => memberLines(one, binding, keyword, writing));
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
        "export function build(given?: import('fastify').FastifyInstance) {",
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
    case 'try':
      return [
        `const ${name} = ${create};`,
        '',
        'const start = async () => {',
        ...indented(['try {']),
        ...indented([...all, `await ${name}.listen({ port: 3000 });`], 2),
        ...indented(['} catch (error) {']),
        ...indented([`${name}.log.error(error);`], 2),
        ...indented(['}']),
        '};',
        'void start();',
      ];
    case 'top level':
      return [
        `const ${name} = ${create};`,
        ...all,
        `await ${name}.ready();`,
        `await ${name}.listen({ port: 3000 });`,
      ];
    case 'type provider':
      return [
        'export function build() {',
        ...indented([`const ${name} = ${create}.withTypeProvider();`, ...all, `return ${name};`]),
        '}',
      ];
    case 'after':
      return [
        'export function build() {',
        ...indented([`const ${name} = ${create};`, ...all, `${name}.after(() => {`]),
        ...indented([`${name}.log.info('loaded');`], 2),
        ...indented(['});', `return ${name};`]),
        '}',
      ];
    case 'loop in a class':
      return [
        'class Server {',
        ...indented([
          `readonly #app = ${create};`,
          `readonly #plugins = [${[...members, ...signing]
            .filter(({ kind }) => kind === 'plugin' || kind === 'shared')
            .map((one) => ('name' in one ? `${one.name}Routes` : ''))
            .join(', ')}];`,
          '',
          'build() {',
        ]),
        ...indented(
          [
            ...jwt,
            ...loopless,
            'for (const plugin of this.#plugins) {',
            `${writing.indent}this.#app.register(plugin);`,
            '}',
            'return this.#app;',
          ],
          2,
        ),
        ...indented(['}']),
        '}',
        '',
        'export const build = () => new Server().build();',
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
    if (['plugin', 'shared', 'cast', 'choice'].includes(one.kind) && 'name' in one)
      return [`.register(${one.name}Routes)${writing.comments ? ' // of this service' : ''}`];
    if (one.kind === 'made') return [`.register(make${one.name}Routes())`];
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
    case 'shared':
    case 'made':
    case 'cast':
    case 'choice':
    case 'dynamic': {
      const options = one.prefix ? `{ prefix: '/${one.name}' }` : '{}';
      const plugin = pluginText(one);
      if (!one.lines) return [`${keyword}${binding}.register(${plugin}, ${options});${trailing}`];
      return [
        `${keyword}${binding}.register(`,
        `${indent}${plugin},`,
        `${indent}${options},${trailing}`,
        ');',
      ];
    }
    case 'inner':
      return [
        `${keyword}${binding}.register(async (${innerName(binding)}) => {`,
        `${indent}${innerName(binding)}.get('/${one.name}', async () => [1]);${trailing}`,
        '});',
      ];
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

/** Inside of a class there is no name to shadow. */
function innerName(binding: string): string {
  return binding.startsWith('this.') ? 'app' : binding;
}

function pluginText({ kind, name }: Extract<Member, { lines: boolean }>): string {
  switch (kind) {
    case 'made':
      return `make${name}Routes()`;
    case 'cast':
      return `${name}Routes as typeof ${name}Routes`;
    case 'choice':
      return `process.env['OTHER'] === 'yes' ? ${name}Routes : ${name}Routes`;
    case 'dynamic':
      return `import('./routes/${name}.js')`;
    default:
      return `${name}Routes`;
  }
}

function pluginLines(one: Member & { readonly name: string }, { indent }: Writing): readonly string[] {
  const route = `${indent}app.get('/${one.name}', async () => [1]);`;
  const head = "import type { FastifyInstance } from 'fastify';";
  if (one.kind === 'helper')
    return [head, '', `export function ${one.name}Routes(app: FastifyInstance): void {`, route, '}'];
  if (one.kind === 'made')
    return [
      head,
      '',
      `export function make${one.name}Routes() {`,
      `${indent}return async (app: FastifyInstance): Promise<void> => {`,
      `${indent}${route}`,
      `${indent}};`,
      '}',
    ];
  if (one.kind === 'dynamic')
    return [head, '', 'export default async (app: FastifyInstance): Promise<void> => {', route, '};'];
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
