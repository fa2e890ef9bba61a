import type { Case } from '../../../helpers/case.ts';

/** A list in a function that is called with the instance would open its siblings. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  files: {
    'services/user-service/src/app.ts': (text) =>
      text.replace("await app.register(usersRoutes, { prefix: '/users' });", 'await usersRoutes(app);'),
  },
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'user', '--protect', 'none'] }],
  args: ['--target', 'user', '--allow', 'billing-service', '--protect', 'usersRoutes'],
  refusal: ['E_NOT_ENCAPSULATED'],
};
