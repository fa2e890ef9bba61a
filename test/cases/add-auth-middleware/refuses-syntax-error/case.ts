import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--protect', 'usersRoutes'],
  files: {
    'services/user-service/src/app.ts': (text) => text.replace('const app =', 'const app = ='),
  },
  refusal: ['E_SYNTAX'],
};
