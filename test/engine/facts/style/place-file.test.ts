import { describe, expect, it } from 'vitest';

import type { AppFact, AutoloadFact } from '../../../../generators/_engine/model/app-facts.ts';
import type { LayoutFact, ModuleFact } from '../../../../generators/_engine/model/code-facts.ts';
import {
  dynamicSpecifier,
  importSpecifier,
  importSpecifierIn,
  placeFile,
  testFileFor,
} from '../../../../generators/_engine/facts/style/place-file.ts';
import { toRel } from '../../../../generators/_engine/model/paths.ts';

const app: AppFact = {
  file: toRel('s/src/app.ts'),
  kind: 'factory',
  binding: 'app',
  listen: {},
  logs: true,
  autoload: [],
};

const layout: LayoutFact = {
  sourceDir: toRel('s/src'),
  routesDir: toRel('s/src/routes'),
  pluginsDir: toRel('s/src/plugins'),
  middlewareDir: toRel('s/src/middleware'),
  utilsDir: toRel('s/src/lib'),
  tests: { place: 'folder', dir: toRel('s/test'), suffix: '.test' },
  casing: 'kebab',
  dottedCasing: 'kebab',
  routeSuffix: '.routes',
  middlewareSuffix: '.middleware',
  pluginSuffix: '',
};

describe('placeFile', () => {
  it.each([
    ['utils', 'circuit-breaker', 's/src/lib/circuit-breaker.ts'],
    ['routes', 'auth-verify', 's/src/routes/auth-verify.routes.ts'],
    ['middleware', 'auth', 's/src/middleware/auth.middleware.ts'],
    ['plugins', 'redis', 's/src/plugins/redis.ts'],
    ['test', 'circuit-breaker', 's/test/circuit-breaker.test.ts'],
  ] as const)('%s', (kind, name, path) => {
    expect(placeFile({ layout }, kind, name)).toBe(path);
  });

  it.each([
    ['camel', 'circuitBreaker'],
    ['pascal', 'CircuitBreaker'],
    ['snake', 'circuit_breaker'],
  ] as const)('in %s case, but for tests', (casing, stem) => {
    const service = { layout: { ...layout, casing } };
    expect(placeFile(service, 'utils', 'circuit-breaker')).toBe(`s/src/lib/${stem}.ts`);
    expect(placeFile(service, 'test', 'circuit-breaker')).toBe('s/test/circuit-breaker.test.ts');
  });

  it('puts a test beside its source where tests are', () => {
    const source = toRel('s/src/routes/auth-verify.routes.ts');
    const beside: LayoutFact = { ...layout, tests: { ...layout.tests, place: 'beside', suffix: '.spec' } };
    const nested: LayoutFact = {
      ...layout,
      tests: { place: 'nested', dir: toRel('s/src/__tests__'), suffix: '.test' },
    };
    const at = (own: LayoutFact, autoload: readonly AutoloadFact[] = []): string =>
      testFileFor({ layout: own, app: { ...app, autoload } }, source, 'auth-verify');
    expect(at(beside)).toBe('s/src/routes/auth-verify.spec.ts');
    expect(at(nested)).toBe('s/src/routes/__tests__/auth-verify.test.ts');
    expect(at(layout)).toBe('s/test/auth-verify.test.ts');

    const loaded: AutoloadFact = {
      dir: toRel('s/src/routes'),
      holds: 'routes',
      dirNameRoutePrefix: true,
      autoHooks: false,
      prefix: '',
      loads: [],
    };
    expect(at(beside, [loaded])).toBe('s/test/auth-verify.spec.ts');
  });
});

describe('importSpecifierIn', () => {
  it.each([
    ["import a from './a';", './plugins/b'],
    ["import a from '@/a';\nimport c from './c';", '@/plugins/b'],
    ["import a from 'a';", '@/plugins/b'],
  ])('follows the file, not the service: %j', (base, specifier) => {
    const modules: ModuleFact = {
      system: 'esm',
      extension: '',
      newExtension: '',
      typeImports: false,
      esModuleInterop: true,
      strictResolution: false,
      readsExports: true,
      aliases: [{ prefix: '@/', dir: toRel('src') }],
      tsconfig: undefined,
    };
    const [from, to] = [toRel('src/app.ts'), toRel('src/plugins/b.ts')];
    expect(importSpecifierIn(base, { modules }, from, to)).toBe(specifier);
  });
});

describe('dynamicSpecifier', () => {
  it.each([
    ['', true, '../src/a.js'],
    ['', false, '../src/a'],
    ['.ts', true, '../src/a.ts'],
  ] as const)('with %j and strict resolution %j is %s', (extension, strictResolution, specifier) => {
    const modules: ModuleFact = {
      system: 'cjs',
      extension,
      typeImports: false,
      newExtension: extension,
      esModuleInterop: true,
      strictResolution,
      readsExports: true,
      aliases: [],
      tsconfig: undefined,
    };
    expect(dynamicSpecifier({ modules }, toRel('test/a.test.ts'), toRel('src/a.ts'))).toBe(specifier);
  });
});

describe('importSpecifier', () => {
  const specifier = (from: string, to: string, modules: Partial<ModuleFact>): string => {
    const whole: ModuleFact = {
      system: 'esm',
      extension: '.js',
      newExtension: '.js',
      typeImports: true,
      esModuleInterop: true,
      strictResolution: false,
      readsExports: true,
      aliases: [],
      tsconfig: undefined,
      ...modules,
    };
    return importSpecifier({ modules: whole }, toRel(from), toRel(to));
  };

  it('is relative, with the extension that the service writes', () => {
    expect(specifier('s/src/app.ts', 's/src/lib/a.ts', {})).toBe('./lib/a.js');
    expect(specifier('s/test/a.test.ts', 's/src/lib/a.ts', { newExtension: '' })).toBe('../src/lib/a');
    expect(specifier('s/src/b.ts', 's/src/a.ts', { newExtension: '.ts' })).toBe('./a.ts');
  });

  it('goes through an alias for files below its folder', () => {
    const modules = { newExtension: '', aliases: [{ prefix: '@/', dir: toRel('s/src') }] } as const;
    expect(specifier('s/src/app.ts', 's/src/lib/a.ts', modules)).toBe('@/lib/a');
    expect(specifier('s/src/app.ts', 's/srcs/a.ts', modules)).toBe('../srcs/a');
    expect(specifier('s/test/a.ts', 's/src/lib/a.ts', modules)).toBe('../src/lib/a');
  });

  it('goes through an import of package.json from anywhere, without the extension that it stands for', () => {
    const aliases = [{ prefix: '#app/', dir: toRel('s/src'), extended: true }];
    expect(specifier('s/test/a.ts', 's/src/lib/a.ts', { aliases })).toBe('#app/lib/a');
  });
});
