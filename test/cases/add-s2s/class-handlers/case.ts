import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'class-handlers',
  args: ['--target', 'posts', '--protect', 'all', '--public', 'GET /health'],
  probe: [
    { service: 'services/posts', path: '/health', status: 200 },
    { service: 'services/posts', path: '/posts', login: 'bearer', status: 200 },
    { service: 'services/posts', path: '/posts', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/posts', path: '/posts', status: 401 },
  ],
};
