import type { Case } from '../../../helpers/case.ts';

const service = 'services/auth-service';

/** The login signs roles and a scope as well: other services get them from the verify route. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    [`${service}/src/plugins/jwt.ts`]: (text) =>
      text.replace('  tenantId: string;\n', '  tenantId: string;\n  roles?: string[];\n  scope?: string;\n'),
    [`${service}/src/routes/auth.routes.ts`]: (text) =>
      text.replace(
        'tenantId: user.tenantId }',
        "tenantId: user.tenantId, roles: ['admin'], scope: 'users' }",
      ),
  },
  probe: [
    {
      service,
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test', roles: ['admin'], scope: 'users' },
    },
  ],
};
