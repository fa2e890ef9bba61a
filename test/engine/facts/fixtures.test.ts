import { describe, expect, it } from 'vitest';

import { openRepo } from '../../../generators/_engine/repo/repo.ts';
import { findAuthService } from '../../../generators/_engine/facts/auth/auth-service.ts';
import { surveyService } from '../../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';

const expected = [
  [
    'npm-workspaces',
    'services/auth-service',
    'factory',
    'esm .js @fastify/jwt ioredis process.env vitest npm',
  ],
  ['plain-folders', 'auth', 'main', 'cjs  jsonwebtoken none process.env jest npm'],
  ['fastify-cli', 'apps/auth', 'plugin', 'esm .js @fastify/jwt none process.env node:test npm'],
  ['singleton-zod', 'services/identity', 'singleton', 'esm  @fastify/jwt none zod vitest pnpm'],
] as const;

describe.each(expected)('fixture %s', (fixture, authDir, kind, stack) => {
  const repo = openRepo(new URL(`../../../fixtures/${fixture}`, import.meta.url).pathname);
  const heads = surveyHeads(repo);

  it('has its auth service', () => {
    expect(findAuthService(repo, heads)).toMatchObject({ dir: authDir });
  });

  it.each(heads.map((head) => [head.dir, head] as const))('%s can be served', (dir, head) => {
    const service = surveyService(repo, head);
    expect(service.app.kind).toBe(kind);
    expect(service.routes.flatMap(({ routes }) => routes.map(({ url }) => url))).toContain('/health');
    if (dir !== authDir) return;
    const { config, jwt, modules, redis, testing, tooling } = service;
    const facts = [
      modules.system,
      modules.extension,
      jwt.library,
      redis.library,
      config.style,
      testing.runner,
    ];
    expect([...facts, tooling.packageManager].join(' ')).toBe(stack);
    expect(jwt.secret?.env).toBe('JWT_SECRET');
    expect(service.routes.flatMap(({ routes }) => routes.map(({ url }) => url))).toContain('/auth/login');
  });
});
