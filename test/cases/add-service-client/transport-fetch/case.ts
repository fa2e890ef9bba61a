import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing', '--transport', 'fetch'],
  probe: [{ service: 'services/billing-service', path: '/health', status: 200 }],
};
