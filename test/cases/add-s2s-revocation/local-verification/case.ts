import type { Case } from '../../../helpers/case.ts';

/** A consumer that verifies tokens itself, by the keys of the auth service, hears of each logout. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  after: [
    { generator: 'add-auth-verify', args: ['--keys', 'es256', '--blacklist', 'redis'] },
    {
      generator: 'add-auth-middleware',
      args: [
        ...['--target', 'user', '--protect', 'usersRoutes', '--verify', 'local'],
        ...['--jwks', 'http://localhost:3001/.well-known/jwks.json'],
        ...['--issuer', 'auth-service', '--audience', 'services'],
      ],
    },
  ],
  args: ['--target', 'user'],
};
