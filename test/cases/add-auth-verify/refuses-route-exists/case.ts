import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  files: {
    'services/auth-service/src/routes/auth.routes.ts': (text) =>
      text.replace(
        /(export async function authRoutes.*\n)/,
        "$1  app.post('/verify', () => ({ valid: false }));\n",
      ),
  },
  refusal: ['E_ROUTE_EXISTS'],
};
