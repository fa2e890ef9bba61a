import type { Case } from '../../../helpers/case.ts';

/** From remote to local verification: two files and one option. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'user', '--protect', 'usersRoutes'] }],
  args: [
    ...['--target', 'user', '--protect', 'usersRoutes', '--verify', 'local'],
    ...['--jwks', 'https://login.acme.test/.well-known/jwks.json'],
    ...['--issuer', 'https://login.acme.test/', '--audience', 'https://api.acme.test'],
  ],
};
