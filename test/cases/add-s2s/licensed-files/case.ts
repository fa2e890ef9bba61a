import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'licensed-files',
  args: ['--target', 'maps', '--protect', 'mapRoutes'],
  probe: [
    { service: 'services/maps', path: '/health', status: 200 },
    { service: 'services/maps', path: '/maps', login: 'bearer', status: 200 },
    { service: 'services/maps', path: '/maps', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/maps', path: '/maps', status: 401 },
  ],
};
