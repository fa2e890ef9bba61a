import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing', '--protect', 'none'],
  probe: [{ service: 'services/billing-service', path: '/invoices', status: 200 }],
};
