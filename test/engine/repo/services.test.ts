import { describe, expect, it } from 'vitest';

import { findAuthService, locateAuthService } from '../../../generators/_engine/facts/auth/auth-service.ts';
import { findTarget, surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { memoryRepo } from './memory-repo.ts';
import { obstaclesFrom } from '../refused.ts';

const service = (name: string, more: Record<string, string> = {}): string =>
  JSON.stringify({ name, dependencies: { fastify: '^5.0.0', ...more } });

const repo = memoryRepo({
  'package.json': JSON.stringify({ name: 'root', workspaces: ['apps/*'], devDependencies: { fastify: '5' } }),
  'apps/user-service/package.json': service('@acme/user-service'),
  'apps/user-admin/package.json': service('@acme/user-admin'),
  'apps/web/package.json': JSON.stringify({ name: 'web', dependencies: { react: '19' } }),
  'node_modules/x/package.json': service('x'),
  'apps/user-admin/dist/package.json': service('built'),
  '.cases/a/package.json': service('case'),
});
const heads = surveyHeads(repo);

function nameOf(wanted: string): string {
  return findTarget(heads, wanted).name;
}

describe('surveyHeads', () => {
  it('finds packages that depend on fastify, not the root that only holds them', () => {
    expect(heads.map(({ dir }) => dir)).toEqual(['apps/user-admin', 'apps/user-service']);
  });

  it('keeps a root that is a service itself', () => {
    const root = memoryRepo({
      'package.json': service('app'),
      'src/app.ts': "import fastify from 'fastify'",
      'libs/x/package.json': '{"name":"x"}',
    });
    expect(surveyHeads(root).map(({ name }) => name)).toEqual(['app']);
  });

  it('leaves out a package of tests, and calls copied packages by their folders', () => {
    const copied = memoryRepo({
      'tests/package.json': service('tests'),
      'auth/package.json': service('auth'),
      'core/package.json': service('auth'),
      'shop/package.json': service('shop'),
    });
    expect(surveyHeads(copied).map(({ dir, name }) => [dir, name])).toEqual([
      ['auth', 'auth'],
      ['core', 'core'],
      ['shop', 'shop'],
    ]);
  });

  it('takes the projects of an integrated Nx workspace for its root', () => {
    const nx = memoryRepo({
      'nx.json': '{}',
      'package.json': service('acme'),
      'apps/users/project.json': '{ "name": "users" }',
      'apps/users/src/main.ts': "import Fastify from 'fastify';",
      'apps/auth/project.json': '{}',
      'apps/auth/src/main.ts': "import Fastify from 'fastify';",
      'apps/web/project.json': '{ "name": "web" }',
      'apps/web/src/main.ts': "import React from 'react';",
    });
    const projects = surveyHeads(nx);
    expect(projects.map(({ dir, manifest, name }) => [dir, name, manifest.path])).toEqual([
      ['apps/auth', 'auth', 'package.json'],
      ['apps/users', 'users', 'package.json'],
    ]);
    expect(findTarget(projects, '@acme/users')).toMatchObject({ dir: 'apps/users' });
  });

  it('refuses a broken package.json with its line', () => {
    const broken = memoryRepo({ 'package.json': '{\n  "dependencies": {\n    "fastify": "5",,\n  }\n}' });
    expect(() => surveyHeads(broken)).toThrow(/^package\.json:3 /);
  });

  it('leaves a broken package.json that has nothing to do with fastify alone', () => {
    expect(surveyHeads(memoryRepo({ 'package.json': '{,' }))).toEqual([]);
  });
});

describe('findTarget', () => {
  it('takes the package name, its last segment, the folder and an unambiguous part', () => {
    for (const wanted of [
      '@acme/user-service',
      'user-service',
      'apps/user-service',
      './apps/user-service',
      'user-s',
    ]) {
      expect(nameOf(wanted)).toBe('@acme/user-service');
    }
  });

  it('names both when a part fits two, and the nearest when none fits', () => {
    expect(obstaclesFrom(() => findTarget(heads, 'user'))).toMatchObject([
      { code: 'E_AMBIGUOUS_TARGET', remedy: expect.stringContaining('apps/user-admin') as string },
    ]);
    expect(obstaclesFrom(() => findTarget(heads, 'user-servcie'))).toMatchObject([
      {
        code: 'E_NO_SUCH_SERVICE',
        remedy: expect.stringMatching(/^Use one of: @acme\/user-service/) as string,
      },
    ]);
  });

  it('refuses paths out of the root', () => {
    expect(() => findTarget(heads, '../other')).toThrow(/not a path inside/);
    expect(() => findTarget(heads, '/etc')).toThrow(/not a path inside/);
  });
});

describe('findAuthService', () => {
  const sign =
    "import jwt from 'jsonwebtoken';\nexport const issue = (id: string) => jwt.sign({ sub: id }, 'x');";
  const login = "export default async (app: any) => { app.post('/login', async () => ({})); };";
  const found = (files: Record<string, string>): unknown => {
    const all = memoryRepo({
      'a/package.json': service('a', { jsonwebtoken: '9' }),
      'b/package.json': service('b', { jsonwebtoken: '9' }),
      ...files,
    });
    const auth = findAuthService(all, surveyHeads(all));
    const [obstacle] = obstaclesFrom(() => locateAuthService(all, surveyHeads(all)));
    return auth?.name ?? obstacle?.code;
  };

  it('is the one that signs, whatever routes the others have', () => {
    expect(found({ 'a/src/auth.ts': sign, 'b/src/x.ts': login })).toBe('a');
  });

  it('is the one with a login route when none signs; tests do not sign', () => {
    expect(found({ 'a/test/auth.test.ts': sign, 'b/src/x.ts': login })).toBe('b');
  });

  it('is nobody when two could be it, or none', () => {
    expect(found({ 'a/src/auth.ts': sign, 'b/src/auth.ts': sign })).toBe('E_AMBIGUOUS_AUTH');
    expect(found({ 'a/src/auth.ts': 'export {}' })).toBe('E_NO_AUTH_SERVICE');
  });
});
