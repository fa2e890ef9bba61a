import type { Case } from '../../../helpers/case.ts';

/** It asks nobody, so it gets no client: only what comes in is traced. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'auth'],
  probe: [{ service: 'services/auth-service', path: '/health', status: 200 }],
};
