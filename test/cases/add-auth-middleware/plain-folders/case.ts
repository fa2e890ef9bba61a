import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--protect', 'orderRoutes'],
  // The auth service is down here: with a token the answer is 503, without one it is 401 all the same.
  probe: [
    { service: 'orders', path: '/health', status: 200 },
    { service: 'orders', path: '/orders', status: 401, answer: { error: 'Invalid or expired token' } },
    {
      service: 'orders',
      path: '/orders',
      headers: { authorization: 'Bearer some.valid.token' },
      status: 503,
    },
  ],
};
