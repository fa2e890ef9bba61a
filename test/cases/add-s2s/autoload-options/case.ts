import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'autoload-options',
  args: ['--target', 'tasks', '--protect', 'all', '--public', 'GET /health'],
  probe: [
    { service: 'services/tasks', path: '/health', status: 200 },
    { service: 'services/tasks', path: '/v1/tasks', login: 'bearer', status: 200 },
    {
      service: 'services/tasks',
      path: '/v1/tasks',
      headers: { authorization: 'Bearer garbage' },
      status: 401,
    },
    { service: 'services/tasks', path: '/v1/tasks', status: 401 },
  ],
};
