import type { Case } from '../../../helpers/case.ts';

/** A mailed token has the very claims of those of the login. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  files: {
    'services/auth-service/src/routes/auth.routes.ts': (text) =>
      text.replace(
        "  app.post('/logout'",
        `  app.post<{ Body: { email: string } }>('/forgot-password', async (request) => {
    const user = findUserByEmail(request.body.email);
    if (user === undefined) return {};
    return { token: app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId }) };
  });

  app.post('/logout'`,
      ),
  },
  refusal: ['E_TOKEN_POLICY'],
};
