import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing', '--protect', 'all', '--public', 'GET /health'],
  probe: [
    { service: 'services/billing-service', path: '/health', status: 200 },
    { service: 'services/billing-service', path: '/invoices', status: 401 },
  ],
};
