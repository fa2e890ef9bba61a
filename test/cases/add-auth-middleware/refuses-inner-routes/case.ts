import type { Case } from '../../../helpers/case.ts';

/** Methods of a class make the routes, so there is no plugin to put a hook in. */
export const testCase: Case = {
  fixture: 'class-handlers',
  args: ['--target', 'posts', '--protect', 'posts'],
  refusal: ['E_NO_SUCH_PLUGIN'],
};
