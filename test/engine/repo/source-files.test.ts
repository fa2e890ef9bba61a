import { expect, it } from 'vitest';

import { toRel } from '../../../generators/_engine/model/paths.ts';
import { listSources } from '../../../generators/_engine/repo/source-files.ts';
import { memoryRepo } from './memory-repo.ts';

it.each([
  ['', ''],
  ['services/user', 'services/user/'],
])('leaves out the examples at the top of a package in %j, whose logins are not its own', (dir, at) => {
  const repo = memoryRepo({
    [`${at}package.json`]: '{ "name": "user" }',
    [`${at}src/app.ts`]: '',
    [`${at}src/examples/routes.ts`]: '',
    [`${at}examples/server.ts`]: '',
    [`${at}test/app.test.ts`]: '',
  });
  const { files, tests } = listSources(repo, toRel(dir));
  expect([...files]).toEqual([`${at}src/app.ts`, `${at}src/examples/routes.ts`]);
  expect([...tests]).toEqual([`${at}test/app.test.ts`]);
});

it.each([
  ['', ''],
  ['services/user', 'services/user/'],
])('tells configuration of tools from that of the service in %j', (dir, at) => {
  const own = ['auth.config.ts', 'src/config/auth.config.ts', 'src/db.config.ts', 'src/redis.setup.ts'];
  const ofTools = [
    'eslint.config.ts',
    'release-it.config.ts',
    'src/db/drizzle.config.ts',
    'vitest.config.ts',
  ];
  const register = "import fp from 'fastify-plugin';";
  const repo = memoryRepo({
    [`${at}package.json`]: '{ "name": "user" }',
    ...Object.fromEntries(own.map((path) => [`${at}${path}`, register])),
    ...Object.fromEntries(ofTools.map((path) => [`${at}${path}`, 'export default {};'])),
  });
  expect([...listSources(repo, toRel(dir)).files].toSorted()).toEqual(own.map((path) => `${at}${path}`));
});
