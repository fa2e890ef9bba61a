import type { Case } from '../../../helpers/case.ts';

/** A hook in a plugin wrapped in fp would guard its siblings too. */
export const testCase: Case = {
  fixture: 'absolute-paths',
  args: ['--target', 'items', '--protect', 'itemRoutes'],
  refusal: ['E_NOT_ENCAPSULATED'],
};
