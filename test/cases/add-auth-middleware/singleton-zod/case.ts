import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog', '--protect', 'productRoutes'],
  // The auth service is down here: with a token the answer is 503, without one it is 401 all the same.
  probe: [
    { service: 'services/catalog', path: '/health', status: 200 },
    {
      service: 'services/catalog',
      path: '/products',
      status: 401,
      answer: { error: 'Invalid or expired token' },
    },
    {
      service: 'services/catalog',
      path: '/products',
      headers: { authorization: 'Bearer some.valid.token' },
      status: 503,
    },
  ],
};
