import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'lying-formatter',
  args: ['--target', 'songs', '--protect', 'songRoutes'],
  wholeFiles: true,
  probe: [
    { service: 'services/songs', path: '/health', status: 200 },
    { service: 'services/songs', path: '/songs', login: 'bearer', status: 200 },
    { service: 'services/songs', path: '/songs', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/songs', path: '/songs', status: 401 },
  ],
};
