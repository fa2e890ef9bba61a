import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'declared-config',
  args: ['--target', 'rooms', '--protect', 'roomRoutes'],
  probe: [
    { service: 'services/rooms', path: '/health', status: 200 },
    { service: 'services/rooms', path: '/rooms', login: 'bearer', status: 200 },
    { service: 'services/rooms', path: '/rooms', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/rooms', path: '/rooms', status: 401 },
  ],
};
