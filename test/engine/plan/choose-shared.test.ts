import { expect, it } from 'vitest';

import { chooseShared } from '../../../generators/_engine/plan/choose-shared.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../repo/memory-repo.ts';
import { obstaclesFrom } from '../refused.ts';

it('refuses a package for a project of Nx without a package.json of its own', () => {
  const repo = memoryRepo({
    'nx.json': '{}',
    'package.json': JSON.stringify({ name: 'acme', dependencies: { fastify: '^5.0.0' } }),
    'apps/users/project.json': '{ "name": "users" }',
    'apps/users/src/main.ts': "import Fastify from 'fastify';",
  });
  const [users] = surveyHeads(repo);
  if (users === undefined) throw new Error('There is no service');
  expect(obstaclesFrom(() => chooseShared(repo, users, 'libs/s2s'))).toMatchObject([
    { code: 'E_INVALID_FLAG', at: { path: 'apps/users' } },
  ]);
  expect(chooseShared(repo, users, undefined)).toBeUndefined();
});
