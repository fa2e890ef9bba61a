import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'chains-and-loops',
  args: ['--target', 'games', '--protect', 'gameRoutes'],
  probe: [
    { service: 'services/games', path: '/health', status: 200 },
    { service: 'services/games', path: '/games', login: 'bearer', status: 200 },
    { service: 'services/games', path: '/games', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/games', path: '/games', status: 401 },
  ],
};
