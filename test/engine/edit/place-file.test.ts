import { describe, expect, it } from 'vitest';

import type { LayoutFact, ModuleFact } from '../../../generators/_engine/contract.ts';
import { importSpecifier, placeFile, testFileFor } from '../../../generators/_engine/edit/place-file.ts';
import { toRel } from '../../../generators/_engine/paths.ts';

const layout: LayoutFact = {
  sourceDir: toRel('s/src'),
  routesDir: toRel('s/src/routes'),
  pluginsDir: toRel('s/src/plugins'),
  middlewareDir: toRel('s/src/middleware'),
  utilsDir: toRel('s/src/lib'),
  tests: { place: 'folder', dir: toRel('s/test'), suffix: '.test' },
  casing: 'kebab',
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
    expect(testFileFor({ layout: beside }, source, 'auth-verify')).toBe('s/src/routes/auth-verify.spec.ts');
    expect(testFileFor({ layout }, source, 'auth-verify')).toBe('s/test/auth-verify.test.ts');
  });
});

describe('importSpecifier', () => {
  const specifier = (from: string, to: string, modules: Partial<ModuleFact>): string => {
    const whole: ModuleFact = {
      system: 'esm',
      extension: '.js',
      typeImports: true,
      esModuleInterop: true,
      aliases: [],
      tsconfig: undefined,
      ...modules,
    };
    return importSpecifier({ modules: whole }, toRel(from), toRel(to));
  };

  it('is relative, with the extension that the service writes', () => {
    expect(specifier('s/src/app.ts', 's/src/lib/a.ts', {})).toBe('./lib/a.js');
    expect(specifier('s/test/a.test.ts', 's/src/lib/a.ts', { extension: '' })).toBe('../src/lib/a');
    expect(specifier('s/src/b.ts', 's/src/a.ts', { extension: '.ts' })).toBe('./a.ts');
  });

  it('goes through an alias for files below its folder', () => {
    const modules = { extension: '', aliases: [{ prefix: '@/', dir: toRel('s/src') }] } as const;
    expect(specifier('s/src/app.ts', 's/src/lib/a.ts', modules)).toBe('@/lib/a');
    expect(specifier('s/src/app.ts', 's/srcs/a.ts', modules)).toBe('../srcs/a');
    expect(specifier('s/test/a.ts', 's/src/lib/a.ts', modules)).toBe('../src/lib/a');
  });
});
