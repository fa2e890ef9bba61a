import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';

import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';

import { open } from '../../generators/_engine/cli/command.ts';
import { exitCodeOf, type Outcome } from '../../generators/_engine/cli/outcome.ts';
import {
  printInComment,
  printInString,
  printInTemplate,
  printKey,
  printMember,
  printString,
} from '../../generators/_engine/syntax/print.ts';

/** Sets a canary where it gets to be code. */
const canary = 'globalThis.pwned=1';
const nasty: readonly (readonly [name: string, text: string])[] = [
  ['a single quote', `o'brien`],
  ['code behind a single quote', `x';${canary};'`],
  ['an expression between single quotes', `x' + (${canary}) + 'y`],
  ['code behind a double quote', `x";${canary};"`],
  ['code in a template literal', `x\`;${canary};\``],
  ['code in a hole', '${' + canary + '}'],
  ['the end of a comment', `*/${canary}/*`],
  ['a backslash at the end', `x\\`],
  ['a backslash before a quote', `x\\';${canary};//`],
  ['a line break', `x\n${canary}\n`],
  ['a carriage return', `x\r${canary}\r`],
  ['U+2028', `x\u2028${canary}\u2028`],
  ['a turned direction', `x\u202E${canary}`],
  ['a control character', 'x\u0000\u001B[31m'],
  ['half a character', 'x\uD800'],
  ['__proto__', '__proto__'],
];

let root = '';
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function arrange(files: Readonly<Record<string, string>>): void {
  root = mkdtempSync(join(tmpdir(), 's2s-names-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function service(
  name: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    'package.json': JSON.stringify({
      name,
      type: 'module',
      dependencies: { fastify: '^5.0.0', '@fastify/jwt': '^10.0.0', ioredis: '^5.0.0' },
      devDependencies: { vitest: '^4.0.0' },
    }),
    'src/app.ts': [
      "import jwt from '@fastify/jwt';",
      "import Fastify from 'fastify';",
      "import auth from './routes/auth.js';",
      'export function buildApp() {',
      '  const app = Fastify();',
      "  app.register(jwt, { secret: process.env['JWT_SECRET'] ?? '' });",
      '  app.register(auth);',
      '  return app;',
      '}',
      '',
    ].join('\n'),
    'src/routes/auth.ts':
      "import type { FastifyInstance } from 'fastify';\nexport default async function auth(app: FastifyInstance) {\n  app.post('/login', async () => app.jwt.sign({ sub: '1' }));\n  app.get('/me', async () => 1);\n}\n",
    ...more,
  };
}

async function runLine(id: string, ...argv: readonly string[]): Promise<Outcome> {
  const opened = await open({
    id,
    argv,
    command: `s2s ${id}`,
    workingDirectory: root,
    root,
    interactive: false,
  });
  if (typeof opened === 'string') throw new Error(opened);
  return opened.commit === undefined ? opened.outcome : opened.commit();
}

/** Every new file parses, and none of its code is the canary: no identifier of that name. */
function assertNoCanary(outcome: Outcome): void {
  // What does not parse is refused as our own mistake: it should have been printed.
  expect(outcome.obstacles.filter(({ code }) => code === 'E_PROOF')).toEqual([]);
  for (const { path } of outcome.changes.filter((change) => change.path.endsWith('.ts'))) {
    const text = ts.sys.readFile(join(root, path)) ?? '';
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const { parseDiagnostics } = tree as ts.SourceFile & { parseDiagnostics: readonly ts.Diagnostic[] };
    expect(
      parseDiagnostics.map(({ messageText }) => messageText),
      path,
    ).toEqual([]);
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) expect(node.text, path).not.toBe('pwned');
      node.forEachChild(visit);
    };
    visit(tree);
    // What a script in a template literal says is code too.
    const scripts = [...text.matchAll(/_SCRIPT = `([^`]*)`/g)].map(([, script = '']) => script);
    for (const script of scripts) expect(script).not.toMatch(/^\s*globalThis\.pwned/m);
  }
}

/** Runs code in a context of its own, and looks whether it has set the canary. */
function evaluate(code: string): unknown {
  const context: { pwned?: unknown } = {};
  const value: unknown = runInNewContext(`(() => { ${code}\n})()`, context);
  expect(context.pwned).toBeUndefined();
  return value;
}

describe('D.16 printing: a value stays a value in every place', () => {
  it.each(nasty)('%s', (_, text) => {
    expect(evaluate(`return ${printString(text)};`)).toBe(text);
    expect(evaluate(`return ${printString(text, '"')};`)).toBe(text);
    expect(evaluate(`return '${printInString(text, "'")}';`)).toBe(text);
    expect(evaluate(`return "${printInString(text, '"')}";`)).toBe(text);
    expect(evaluate(`return \`$\{''}${printInTemplate(text)}$\{''}\`;`)).toBe(text);
    expect(evaluate(`/* ${printInComment(text)} */ return 1;`)).toBe(1);
    expect(evaluate(`// ${printInComment(text)}\nreturn 1;`)).toBe(1);
    expect(Object.keys(evaluate(`return { ${printKey(text)}: 1 };`) as object)).toEqual([text]);
    expect(
      evaluate(
        `const o = Object.fromEntries([[${printString(text)}, 1]]); return ${printMember('o', text)};`,
      ),
    ).toBe(1);
    for (const printed of [printString(text), printInComment(text), printInTemplate(text)])
      expect(printed).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
  });
});

describe('17a, D.16: the name of a package, in every generator', () => {
  it.each(nasty)('%s', async (_, name) => {
    arrange(service(name));
    const lines = [
      ['add-auth-verify'],
      ['add-auth-middleware', '--target', '.', '--auth', 'none', '--protect', 'auth'],
      ['add-s2s-rate-limit', '--target', '.'],
      ['add-s2s-tracing', '--target', '.'],
      ['add-s2s-metrics', '--target', '.'],
    ];
    for (const [id = '', ...flags] of lines) {
      const outcome = await runLine(id, ...flags, '--no-format');
      expect([0, 3], JSON.stringify(outcome.obstacles)).toContain(exitCodeOf(outcome));
      assertNoCanary(outcome);
    }
  });
});

describe('D.16: names of folders', () => {
  const folders = nasty
    .filter(([, text]) => !/[\0/]|\uD800/.test(text))
    .map(([name, text]): readonly [string, string] => [name, text]);
  const odd: readonly (readonly [string, string])[] = [
    ['a leading dash', '-rf'],
    ['con', 'con'],
    ['a long name', 'x'.repeat(200)],
    ['a hash and a percent sign', 'a#b%20?'],
  ];
  it.each([...folders, ...odd])('%s', async (_, folder) => {
    const inside = service('svc');
    arrange(Object.fromEntries(Object.entries(inside).map(([path, text]) => [`${folder}/${path}`, text])));
    const outcome = await runLine(
      'add-s2s',
      '--auth',
      'none',
      '--protect',
      'auth',
      '--target',
      'svc',
      '--no-format',
    );
    const codes = outcome.obstacles.map(({ code }) => code);
    expect(['E_PATH', 'E_NO_FASTIFY', undefined], JSON.stringify(outcome.obstacles)).toContain(codes[0]);
    assertNoCanary(outcome);
  });
});

describe('D.16: names of claims, namespaces, issuers and routes in the code', () => {
  it.each(nasty)('%s', async (_, text) => {
    const literal = JSON.stringify(text);
    arrange(
      service('svc', {
        'src/routes/auth.ts': [
          "import type { FastifyInstance } from 'fastify';",
          'export default async function auth(app: FastifyInstance) {',
          `  app.post('/login', async () => app.jwt.sign({ sub: '1', [${JSON.stringify(`tenant${text}`)}]: 2, ${literal}: 3 }, { iss: ${literal}, aud: ${literal} }));`,
          `  app.get(${JSON.stringify(`/x/${text}`)}, async () => 1);`,
          `  app.get(${JSON.stringify(`/health/${text}`)}, async () => 1);`,
          '}',
        ].join('\n'),
      }),
    );
    for (const line of [
      ['add-auth-verify'],
      ['add-s2s', '--target', '.', '--auth', 'none', '--protect', 'auth'],
    ]) {
      const [id = '', ...flags] = line;
      const outcome = await runLine(id, ...flags, '--no-format', '--force');
      expect([0, 3], JSON.stringify(outcome.obstacles)).toContain(exitCodeOf(outcome));
      assertNoCanary(outcome);
    }
  });
});

describe('D.16: flags that go into code', () => {
  it.each(['/auth/verify', '/auth/verify/', "/o'brien", '/a$b', '/v1/~x/a-b_c.d', '/a,b=c&d+e@f!'])(
    'takes --path %s, and prints it right',
    async (path) => {
      arrange(service('svc'));
      const outcome = await runLine('add-auth-verify', '--path', path, '--no-format');
      expect(outcome.obstacles).toEqual([]);
      assertNoCanary(outcome);
      const plugin = ts.sys.readFile(join(root, 'src/plugins/auth-verify.ts')) ?? '';
      const tree = ts.createSourceFile('a.ts', plugin, ts.ScriptTarget.Latest, true);
      const texts: string[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isStringLiteral(node)) texts.push(node.text);
        node.forEachChild(visit);
      };
      visit(tree);
      expect(texts).toContain(path);
    },
  );

  const refused = [
    ...[
      'auth',
      '/',
      '//host/x',
      '/a//b',
      '/..',
      '/a/../b',
      '/a/./b',
      '/a b',
      '/:id',
      '/*',
      '/a?b',
      '/a#b',
      '/a;b',
    ],
    ...[
      '/%2e%2e/x',
      '/ä',
      '/a\\b',
      '/a"b',
      '/a`b',
      '/{x}',
      '/(a|b)',
      `/${'x'.repeat(300)}`,
      '/a\u2028b',
      '/a\nb',
    ],
  ];
  it.each(refused)('refuses --path %j by name', async (path) => {
    arrange(service('svc'));
    for (const id of ['add-auth-verify', 'add-s2s-rate-limit']) {
      const outcome = await runLine(id, '--path', path, '--no-format');
      expect(outcome.obstacles).toMatchObject([{ code: 'E_INVALID_FLAG' }]);
      expect(outcome.obstacles[0]?.message).toContain('--path');
    }
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'then',
    'body',
    'headers',
    'raw',
    'a-b',
    'a b',
    "a'b",
    'ünder',
    'x'.repeat(99),
  ])('refuses --decorate %s by name', async (name) => {
    arrange(service('svc'));
    const flags = ['--target', '.', '--auth', 'none', '--protect', 'none'];
    const outcome = await runLine('add-auth-middleware', ...flags, '--decorate', name, '--no-format');
    expect(outcome.obstacles).toMatchObject([{ code: 'E_INVALID_FLAG' }]);
  });

  it.each(['0', '-1', '1e3', '0x10', '1e308', '99999999999', '1.5', 'x'])(
    'refuses --cache-ttl %s by name',
    async (ttl) => {
      arrange(service('svc'));
      const flags = ['--target', '.', '--auth', 'none', '--protect', 'none'];
      const outcome = await runLine('add-auth-middleware', ...flags, `--cache-ttl=${ttl}`, '--no-format');
      expect(outcome.obstacles).toMatchObject([{ code: 'E_INVALID_FLAG' }]);
    },
  );
});

describe('17b: a run that only reads runs nothing of the repository', () => {
  const attack = (path: string): string => `require('node:fs').writeFileSync(${JSON.stringify(path)}, 'x');`;

  /** A repository whose Prettier, and every configuration that it could have, writes a file when it is run. */
  function arrangePrettier(config: readonly (readonly [path: string, text: string])[]): string {
    arrange(service('svc', { '.s2s.json': '{ "schema": 2, "version": "1" }' }));
    const marker = join(root, 'executed');
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text.replaceAll('ATTACK', attack(marker)));
    };
    write(
      'node_modules/prettier/package.json',
      '{ "name": "prettier", "version": "3.0.0", "main": "index.js" }',
    );
    write(
      'node_modules/prettier/index.js',
      'ATTACK\nmodule.exports = { getFileInfo: async () => ({ ignored: false }), resolveConfig: async () => ({}), format: async (text) => text };',
    );
    for (const [path, text] of config) write(path, text);
    write('node_modules/.bin/biome', '#!/usr/bin/env node\nATTACK');
    chmodSync(join(root, 'node_modules/.bin/biome'), 0o755);
    return marker;
  }

  const add = ['add-circuit-breaker', '--target', '.'];
  it.each([
    ['.prettierrc', '{}'],
    ['prettier.config.cjs', 'ATTACK'],
    ['biome.json', '{}'],
  ])('with %s: --dry-run, s2s-status, s2s-graph and s2s-upgrade', async (path, text) => {
    const marker = arrangePrettier([[path, text]]);
    const preview = await runLine(add[0] ?? '', ...add.slice(1), '--dry-run');
    expect(preview.notes.join('\n')).toContain('--format');
    await runLine('s2s-status');
    await runLine('s2s-graph');
    await runLine('s2s-upgrade', '--dry-run');
    expect(existsSync(marker)).toBe(false);
    expect((await runLine(add[0] ?? '', ...add.slice(1), '--dry-run', '--format')).status).toBe('planned');
    expect(existsSync(marker), 'asked for').toBe(true);
  });

  it.each([
    ['prettier.config.mjs', 'ATTACK'],
    ['.prettierrc.js', 'ATTACK'],
    ['.prettierrc.ts', 'ATTACK'],
    ['.prettierrc', '"./evil.mjs"'],
    ['.prettierrc', 'plugins: ["./evil.mjs"]'],
    ['.prettierrc.json', '{ "\\u0070lugins": ["/tmp/evil.mjs"] }'],
    ['.prettierrc.yaml', 'overrides:\n  - files: "*.ts"\n    options: { plugins: ["file:///evil.mjs"] }'],
    ['.prettierrc.json5', "{ plugins: ['data:text/javascript,1'] }"],
    ['.prettierrc.toml', 'plugins = ["./evil.mjs"]'],
    ['src/.prettierrc.cjs', 'ATTACK'],
  ])('applies without code of the repository, and names %s (%s)', async (path, text) => {
    const marker = arrangePrettier([
      ['.prettierrc', '{}'],
      [path, text],
    ]);
    const outcome = await runLine(add[0] ?? '', ...add.slice(1));
    expect(outcome.status).toBe('applied');
    expect(outcome.notes.join('\n')).toContain(`would run ${path}`);
    expect(outcome.notes.join('\n')).toContain('--format');
    expect(existsSync(marker)).toBe(false);
  });

  it('applies with the installed formatter where its configuration is data', async () => {
    const marker = arrangePrettier([['.prettierrc', 'singleQuote: true\nplugins: [prettier-plugin-x]']]);
    expect((await runLine(add[0] ?? '', ...add.slice(1))).status).toBe('applied');
    expect(existsSync(marker)).toBe(true);
  });
});
