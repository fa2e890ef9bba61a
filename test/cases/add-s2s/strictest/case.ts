import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'strictest',
  args: ['--target', 'seats', '--protect', 'seatRoutes'],
  probe: [
    { service: 'services/seats', path: '/health', status: 200 },
    { service: 'services/seats', path: '/seats', login: 'bearer', status: 200 },
    { service: 'services/seats', path: '/seats', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/seats', path: '/seats', status: 401 },
  ],
};
