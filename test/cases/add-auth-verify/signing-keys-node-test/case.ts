import type { Case } from '../../../helpers/case.ts';

/** Keys in an application that autoloads its plugins, with tests of node:test. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--keys', 'es256'],
};
