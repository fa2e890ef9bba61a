import type { Case } from '../../../helpers/case.ts';

/** Route plugins wrapped in fp share one context, so all of them ask for a token. */
export const testCase: Case = {
  fixture: 'absolute-paths',
  args: ['--target', 'items', '--protect', 'all', '--public', 'GET /health'],
  probe: [
    { service: 'services/items', path: '/health', status: 200 },
    { service: 'services/items', path: '/items', login: 'bearer', status: 200 },
    { service: 'services/items', path: '/items', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/items', path: '/items', status: 401 },
  ],
};
