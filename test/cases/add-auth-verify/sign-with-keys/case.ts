import type { Case } from '../../../helpers/case.ts';

/** The second step: login signs with the current key, and the test of the service that knows the secret was changed. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  files: {
    'services/auth-service/test/auth.routes.test.ts': (text) =>
      text.replace('expect(app.jwt.verify(token))', 'expect(app.jwt.decode(token))'),
  },
  after: [{ generator: 'add-auth-verify', args: ['--keys', 'es256'] }],
  args: ['--keys', 'es256', '--sign', 'keys'],
  probe: [
    {
      service: 'services/auth-service',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, userId: 'usr_ada', email: 'ada@acme.test', tenantId: 'acme' },
    },
  ],
};
