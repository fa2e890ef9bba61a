import { describe, expect, it } from 'vitest';

import { type Files, type Json, made, service } from './made-package.ts';

const own = 'packages/s2s/package.json';
const build = 'packages/s2s/tsconfig.build.json';

function linkOf({ read }: ReturnType<typeof made>, name = 's2s'): unknown {
  return (read('services/user/package.json')['dependencies'] as Json)[name];
}

/** A package that the service imports. */
function withSibling(sibling: Json, files: Files = {}, range = '*'): ReturnType<typeof made> {
  return made({
    'packages/log/package.json': { name: '@acme/log', ...sibling },
    'services/user/package.json': service({}, { '@acme/log': range }),
    ...files,
  });
}

describe('a package without siblings', () => {
  it('is compiled into dist, without what its service has no need of', () => {
    const { notes, read } = made();
    expect(read(own)).toEqual({
      name: 's2s',
      version: '0.0.0',
      description: expect.any(String) as string,
      private: true,
      type: 'module',
      exports: { './*': { types: './dist/*.d.ts', default: './dist/*.js' } },
      scripts: { build: 'tsc -p tsconfig.build.json' },
    });
    expect(read(build)['compilerOptions']).not.toHaveProperty('composite');
    expect(notes).toEqual([expect.stringContaining('npm run build --workspace packages/s2s')]);
  });

  it.each([
    [{ 'package.json': { packageManager: 'npm@10.0.0', workspaces: ['services/*'] } }, '*'],
    [{ 'package.json': { packageManager: 'yarn@1.22.0', workspaces: ['services/*'] } }, '*'],
    [
      { 'package.json': { packageManager: 'yarn@4.9.0', workspaces: ['services/*'] }, '.yarnrc.yml': '' },
      'workspace:*',
    ],
    [{ 'package.json': { packageManager: 'bun@1.2.0', workspaces: ['services/*'] } }, 'workspace:*'],
    [
      {
        'package.json': { packageManager: 'pnpm@10.0.0' },
        'pnpm-workspace.yaml': 'packages:\n  - services/*\n',
      },
      'workspace:*',
    ],
    [{ 'package.json': { packageManager: 'npm@10.0.0' } }, 'file:../../packages/s2s'],
    [{ 'package.json': { packageManager: 'pnpm@10.0.0' } }, 'link:../../packages/s2s'],
    [{ 'package.json': { packageManager: 'yarn@1.22.0' } }, 'link:../../packages/s2s'],
    [{ 'package.json': { packageManager: 'yarn@4.9.0' }, '.yarnrc.yml': '' }, 'portal:../../packages/s2s'],
  ] as const)('is linked as its package manager links packages, %#', (files, range) => {
    expect(linkOf(made(files as Files))).toBe(range);
  });

  it('is a CommonJS module where any service is one', () => {
    const { read } = made({ 'services/old/package.json': { name: 'old', dependencies: { fastify: '4' } } });
    expect(read(own)['type']).toBe('commonjs');
    expect(read('packages/s2s/tsconfig.json')['compilerOptions']).toMatchObject({
      verbatimModuleSyntax: false,
    });
  });

  it('lists its types where the compiler reads no exports', () => {
    const tsconfig = { compilerOptions: { module: 'commonjs', moduleResolution: 'node' } };
    const { read } = made({ 'services/user/tsconfig.json': tsconfig });
    expect(read(own)['typesVersions']).toEqual({ '*': { '*': ['./dist/*.d.ts'] } });
  });

  it.each([
    [{ scripts: { test: 'vitest run --passWithNoTests' } }, 'vitest run --passWithNoTests'],
    [
      { type: 'commonjs', scripts: { test: 'jest' }, devDependencies: { jest: '30', 'ts-jest': '29' } },
      'jest',
    ],
    [
      { type: 'module', scripts: { test: 'jest' }, devDependencies: { jest: '30', 'ts-jest': '29' } },
      undefined,
    ],
    [{ type: 'commonjs', scripts: { test: 'jest' }, devDependencies: { jest: '30' } }, undefined],
    [
      {
        scripts: { test: 'node -r ts-node/register --test "src/**/*.test.ts"' },
        devDependencies: { 'ts-node': '10' },
      },
      'node -r ts-node/register/transpile-only --test test/*.test.ts',
    ],
  ])('is tested by the runner of its service, where that needs no file of its own: %j', (more, script) => {
    const { notes, read } = made({ 'services/user/package.json': service(more) });
    expect((read(own)['scripts'] as Json)['test']).toBe(script);
    expect(notes.some((note) => note.includes('has no tests'))).toBe(script === undefined);
  });

  it.each([
    ['{\n  "compilerOptions": {},\n}\n', '{\n  "compilerOptions": {},\n  REFERENCES,\n}\n'],
    ['{\r\n\t"include": ["src"] // all\r\n}', '{\r\n\t"include": ["src"],\r\n\tREFERENCES // all\r\n}'],
    ['{"include":["src"]}', '{"include":["src"], REFERENCES}'],
    ['{}', '{}'],
  ])('is built before a service that the root builds, whose configuration is %j', (own, wanted) => {
    const config = 'services/user/tsconfig.json';
    const references = [{ path: 'services/user' }];
    const built = made({ 'tsconfig.json': { files: [], references }, [config]: own });
    const project = 'packages/s2s/tsconfig.build.json';
    expect(built.read('tsconfig.json')['references']).toEqual([{ path: project }, ...references]);
    expect(built.text(config)).toBe(
      wanted.replace('REFERENCES', `"references": [{ "path": "../../${project}" }]`),
    );
  });

  it('is built before the project of such a service that compiles, where its configuration lists projects', () => {
    const list = { files: [], references: [{ path: './tsconfig.app.json' }, { path: '../user' }] };
    const { read } = made({
      'tsconfig.json': { files: [], references: [{ path: 'services/user' }, { path: '../outside' }] },
      'services/user/tsconfig.json': list,
      'services/user/tsconfig.app.json': { compilerOptions: { module: 'NodeNext' } },
    });
    expect(read('services/user/tsconfig.json')).toEqual(list);
    expect(read('services/user/tsconfig.app.json')['references']).toEqual([
      { path: '../../packages/s2s/tsconfig.build.json' },
    ]);
  });
});

describe('a package with siblings', () => {
  it('exports its sources where the service compiles those of its sibling', () => {
    const found = withSibling({ exports: { '.': './src/index.ts' } }, {}, 'workspace:^');
    expect(found.read(own)).toMatchObject({ name: '@acme/s2s', exports: { './*': './src/*.ts' } });
    expect(found.read(own)['scripts']).toEqual({});
    expect(found.text(build)).toBe('');
    expect(linkOf(found, '@acme/s2s')).toBe('workspace:^');
    expect(found.notes).toEqual(['packages/s2s is made as packages/log is.']);
  });

  it('is compiled where only another service compiles that of its sibling', () => {
    const { read } = made({
      'packages/log/package.json': { name: '@acme/log', main: './src/index.ts' },
      'services/other/package.json': { ...service({}, { '@acme/log': '*' }), name: 'other' },
    });
    expect(read(own)['exports']).toEqual({ './*': { types: './dist/*.d.ts', default: './dist/*.js' } });
  });

  it('has the conditions, the folder and the scripts of its sibling', () => {
    const exported = {
      '@acme/source': './src/index.ts',
      types: './lib/index.d.ts',
      import: './lib/index.js',
      require: './lib/index.cjs',
    };
    const scripts = {
      build: 'tsup',
      dev: 'tsc --watch',
      lint: 'eslint .',
      'check-types': 'tsc',
      clean: 'rm -rf ~',
    };
    const { read } = withSibling({ exports: { '.': exported }, scripts });
    expect(read(own)['exports']).toEqual({
      './*': { '@acme/source': './src/*.ts', types: './lib/*.d.ts', default: './lib/*.js' },
    });
    expect(read(own)['scripts']).toEqual({
      build: 'tsc -p tsconfig.build.json',
      dev: 'tsc -p tsconfig.build.json --watch',
      lint: 'eslint .',
      'check-types': 'tsc --noEmit',
    });
    expect(read(build)['compilerOptions']).toMatchObject({ outDir: 'lib' });
  });

  it('has no linter that would find no configuration', () => {
    const scripts = { lint: 'eslint .' };
    const files = { 'packages/log/eslint.config.js': '' };
    expect(withSibling({ main: 'dist/index.js', scripts }, files).read(own)['scripts']).not.toHaveProperty(
      'lint',
    );
  });

  it('extends what its sibling extends', () => {
    const sibling = { main: 'dist/index.js', devDependencies: { '@acme/tsconfig': '*', left: '1' } };
    const { read } = withSibling(sibling, {
      'packages/log/tsconfig.json': { extends: '@acme/tsconfig/library.json' },
    });
    expect(read('packages/s2s/tsconfig.json')['extends']).toBe('@acme/tsconfig/library.json');
    expect(read(own)['devDependencies']).toEqual({ '@acme/tsconfig': '*' });
  });

  it('is referred to where its sibling is, and built with it', () => {
    const tsconfig = {
      compilerOptions: { module: 'NodeNext' },
      references: [{ path: '../../packages/log' }],
    };
    const { read } = withSibling({ main: 'dist/index.js' }, { 'services/user/tsconfig.json': tsconfig });
    expect(read('services/user/tsconfig.json')['references']).toEqual([
      { path: '../../packages/s2s/tsconfig.build.json' },
      { path: '../../packages/log' },
    ]);
    expect(read(build)['compilerOptions']).toMatchObject({ composite: true, declaration: true });
  });

  it('is not shaped by what services only develop with, or by packages without code', () => {
    const { read } = made({
      'packages/config/package.json': { name: '@acme/config', main: './src/index.ts' },
      'packages/assets/package.json': { name: '@acme/assets', main: './logo.svg' },
      'services/user/package.json': service(
        { devDependencies: { '@acme/config': '*' } },
        { '@acme/assets': '*' },
      ),
    });
    expect(read(own)['name']).toBe('s2s');
  });
});

describe('what else has to know of a package', () => {
  it.each([
    ['turbo.json', { tasks: { build: { dependsOn: ['^build'] }, test: { dependsOn: ['build'] } } }, []],
    ['turbo.json', { pipeline: { build: { dependsOn: ['^build'] }, test: {}, dev: {} } }, ['test, dev']],
    ['nx.json', { targetDefaults: { build: {} } }, ['build']],
    [
      'nx.json',
      { targetDefaults: { build: { dependsOn: ['^build'] }, test: { dependsOn: ['^build'] } } },
      [],
    ],
  ])('is the task runner: %s %j', (file, config, gaps) => {
    const { notes } = made({ [file]: config });
    expect(notes).toEqual(
      gaps.map(
        (gap) => `${file} does not build packages before their users: add "^build" to dependsOn of ${gap}.`,
      ),
    );
  });

  const perPackage = [
    'FROM node:20 AS build',
    'COPY package.json ./',
    'COPY packages/log/package.json packages/log/',
    'COPY --chown=node services/user/package.json services/user/',
    'RUN npm ci',
    'COPY packages/log packages/log',
    'COPY services/user services/user',
    'RUN npm run build -w packages/log && npm run build -w services/user',
    'COPY --from=build /app/services/user/dist dist',
  ].join('\n');

  it.each([
    [
      'Dockerfile',
      perPackage,
      [
        ':4',
        'COPY packages/s2s/package.json packages/s2s/',
        ':7',
        'COPY packages/s2s packages/s2s',
        'build packages/s2s first',
      ],
    ],
    [
      'services/user/Dockerfile',
      perPackage.replace(/COPY packages.log p.*\nCOPY serv.*/, 'COPY . .'),
      [':4', 'COPY packages/s2s/package.json', 'build packages/s2s first'],
    ],
    [
      'services/user/Dockerfile',
      'COPY package*.json ./\nRUN npm ci\nCOPY . .',
      ['its context has to hold packages/s2s'],
    ],
    ['Dockerfile', 'FROM node\nCOPY . .\nRUN npm ci', []],
    ['Dockerfile', `${perPackage}\nCOPY packages/s2s packages/s2s`, []],
  ])('is an image that copies files one by one: %s, %#', (path, text, told) => {
    const { notes } = made({ [path]: text, 'turbo.json': { tasks: { build: { dependsOn: ['^build'] } } } });
    for (const part of told) expect(notes.join('\n')).toContain(part);
    if (told.length === 0) expect(notes).toEqual([]);
  });
});
