import { describe, expect, it } from 'vitest';

import { type Files, type Json, made, service } from './made-package.ts';

const own = 'packages/s2s/package.json';

describe('a package whose service is tested by Jest', () => {
  const jest = {
    transform: { '^.+\\.[tj]s$': 'ts-jest' },
    transformIgnorePatterns: ['/node_modules/(?!cookie)'],
  };
  const withJest = (settings: Json, files: Files = {}): ReturnType<typeof made> => {
    const devDependencies = { jest: '30', 'ts-jest': '29' };
    const more = { type: 'commonjs', scripts: { test: 'jest' }, devDependencies, ...settings };
    return made({ 'services/user/package.json': service(more), ...files });
  };

  it('compiles of the dependencies what the service compiles: Jest loads no ES modules otherwise', () => {
    expect(withJest({ jest: { ...jest, verbose: true } }).read(own)['jest']).toEqual({
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/*.test.ts'],
      ...jest,
    });
  });

  it.each([
    [{ transform: { '^.+\\.js$': 'babel-jest' } }, { '^.+\\.js$': 'babel-jest', '^.+\\.ts$': 'ts-jest' }],
    [
      { transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.test.json' }] } },
      { '^.+\\.ts$': 'ts-jest' },
    ],
    [{ transform: { '(': 'ts-jest' } }, { '(': 'ts-jest', '^.+\\.ts$': 'ts-jest' }],
    [{ preset: 'ts-jest' }, { '^.+\\.ts$': 'ts-jest' }],
  ])('compiles its TypeScript, and needs no file of the service: %j', (settings, transform) => {
    expect(withJest({ jest: settings }).read(own)['jest']).toMatchObject({ transform });
  });

  it('has a note where that is code', () => {
    const files = {
      'services/user/jest.config.cjs': `module.exports = ${JSON.stringify(jest)};`,
      'jest.config.js': 'module.exports = {};',
    };
    expect(withJest({}, files).notes).toContain(
      'Copy transform and transformIgnorePatterns of services/user/jest.config.cjs to jest in packages/s2s/package.json.',
    );
  });
});
