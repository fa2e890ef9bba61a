import type { Case } from '../../../helpers/case.ts';

/** Nothing to register: the folder of plugins is autoloaded. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes', '--with', 'context'],
};
