import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'type-provider',
  args: ['--target', 'books', '--protect', 'buildBookRoutes'],
  probe: [
    { service: 'services/books', path: '/health', status: 200 },
    { service: 'services/books', path: '/books', login: 'bearer', status: 200 },
    { service: 'services/books', path: '/books', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/books', path: '/books', status: 401 },
  ],
};
