import type { Case } from '../../../helpers/case.ts';

/** The service has a file of that name for something else: it stays, and ours goes beside it. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--protect', 'none'],
  files: {
    'services/user-service/src/middleware/auth.middleware.ts': "export const scheme = 'basic';\n",
  },
  probe: [{ service: 'services/user-service', path: '/health', status: 200 }],
};
