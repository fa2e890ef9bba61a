import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog', '--protect', 'productRoutes'],
  probe: [
    { service: 'services/catalog', path: '/health', status: 200 },
    { service: 'services/catalog', path: '/products', login: 'bearer', status: 200 },
    {
      service: 'services/catalog',
      path: '/products',
      headers: { authorization: 'Bearer garbage' },
      status: 401,
    },
    { service: 'services/catalog', path: '/products', status: 401 },
  ],
};
