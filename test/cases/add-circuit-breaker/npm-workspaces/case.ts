import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  probe: [{ service: 'services/user-service', path: '/health', status: 200 }],
};
