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
