import type { Case } from '../../../helpers/case.ts';

/** Without a cache there is nothing to forget, and without Redis nothing to hear of it from. */
export const testCase: Case = {
  fixture: 'plain-folders',
  after: [{ generator: 'add-s2s', args: ['--target', 'orders', '--protect', 'orderRoutes'] }],
  args: ['--target', 'orders'],
  refusal: ['E_MISSING_PART', 'E_MISSING_PART'],
};
