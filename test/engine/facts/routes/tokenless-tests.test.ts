import { expect, it } from 'vitest';

import { findTokenlessTests } from '../../../../generators/add-auth-middleware/beside-guard.ts';
import type { ServiceHead } from '../../../../generators/_engine/model/service.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest, serviceOf } from '../service-of.ts';

const app = `import Fastify from 'fastify';
export const app = Fastify();
app.get('/users', async () => []);
app.get('/users/:id', async () => ({}));
`;

it.each([
  ["await app.inject('/users');", '/users'],
  ["await app.inject({ method: 'GET', url: '/users/7?full=1' });", '/users/:id'],
  ['await fetch(`${origin}/users`);', '/users'],
  ["await request(app.server).get('/users');", '/users'],
  ["await app.inject({ url: '/users', headers: { authorization: token } });", undefined],
  ["await app.inject('/users/7/orders');", undefined],
  ["expect(body.link).toBe('/users');", undefined],
])('finds the request of a route without a token: %s', (code, url) => {
  const files = {
    'package.json': manifest(),
    'src/app.ts': app,
    'test/users.test.ts': `// A test.\n${code}\n`,
  };
  const repo = memoryRepo(files);
  const [head] = surveyHeads(repo) as readonly [ServiceHead];
  const routes = serviceOf(files).routes.flatMap((plugin) => plugin.routes);
  const expected = url === undefined ? [] : [{ path: 'test/users.test.ts', line: 2, url }];
  expect(findTokenlessTests(openSurvey(repo, head), routes)).toEqual(expected);
});
