import type { Case } from '../../../helpers/case.ts';

/** The guard of the application looks URLs up in a list, which only its owner should make longer. */
export const testCase: Case = {
  fixture: 'root-guard',
  args: ['--target', 'orders'],
  refusal: ['E_ROUTE_GUARDED'],
};
