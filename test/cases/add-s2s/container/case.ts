import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'container',
  args: ['--target', 'plants', '--protect', 'all', '--public', 'GET /health'],
  probe: [
    { service: 'services/plants', path: '/health', status: 200 },
    { service: 'services/plants', path: '/plants', login: 'bearer', status: 200 },
    {
      service: 'services/plants',
      path: '/plants',
      headers: { authorization: 'Bearer garbage' },
      status: 401,
    },
    { service: 'services/plants', path: '/plants', status: 401 },
  ],
};
