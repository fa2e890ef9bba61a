import type { Case } from '../../../helpers/case.ts';

/** The auth service is in another repository: a stand-in takes its part in the test. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing', '--protect', 'all', '--public', 'GET /health', '--auth', 'none'],
  probe: [
    { service: 'services/billing-service', path: '/health', status: 200 },
    { service: 'services/billing-service', path: '/invoices', status: 401 },
  ],
};
