import type { Case } from '../../../helpers/case.ts';

/** Billing calls user without a user: the callee names it in its plugin, and the caller has a key of its own. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  after: [
    { generator: 'add-auth-verify', args: ['--blacklist', 'memory'] },
    { generator: 'add-auth-middleware', args: ['--target', 'user', '--protect', 'usersRoutes'] },
    { generator: 'add-service-call', args: ['--target', 'billing', '--to', 'user'] },
  ],
  args: ['--target', 'user', '--allow', 'billing-service', '--protect', 'usersRoutes'],
  probe: [{ service: 'services/billing-service', path: '/.well-known/jwks.json', status: 200 }],
};
