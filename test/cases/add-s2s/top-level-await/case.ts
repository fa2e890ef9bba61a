import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'top-level-await',
  args: ['--target', 'weather', '--protect', 'weatherRoutes'],
  probe: [
    { service: 'services/weather', path: '/health', status: 200 },
    { service: 'services/weather', path: '/weather', login: 'bearer', status: 200 },
    {
      service: 'services/weather',
      path: '/weather',
      headers: { authorization: 'Bearer garbage' },
      status: 401,
    },
    { service: 'services/weather', path: '/weather', status: 401 },
  ],
};
