import type { Case } from '../../../helpers/case.ts';

/** POST /auth/verify takes one-time passwords here. */
export const testCase: Case = {
  fixture: 'verify-exists',
  args: ['--target', 'trips', '--protect', 'tripRoutes'],
  refusal: ['E_ROUTE_EXISTS'],
};
