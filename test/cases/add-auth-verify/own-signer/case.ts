import type { Case } from '../../../helpers/case.ts';

const service = 'services/auth-service';

/** An exported function signs the tokens of the login: the test of the route calls it. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    [`${service}/package.json`]: (text) =>
      text.replace('"@fastify/jwt": "^10.2.0"', '"jsonwebtoken": "^9.0.0"'),
    [`${service}/src/plugins/jwt.ts`]: undefined,
    [`${service}/test/auth.routes.test.ts`]: undefined,
    [`${service}/src/tokens.ts`]: `import jwt from 'jsonwebtoken';
import type { User } from './users/user-store.js';

const JWT_SECRET = process.env['JWT_SECRET'] ?? 'development-secret-of-the-acme-auth-service';

export function signAccessToken(user: Omit<User, 'passwordHash'>): string {
  const { id, email, tenantId } = user;
  return jwt.sign({ uid: id, email, tenantId }, JWT_SECRET, { expiresIn: '15m' });
}
`,
    [`${service}/src/app.ts`]: (text) =>
      text
        .replace("import jwtPlugin from './plugins/jwt.js';\n", '')
        .replace('  await app.register(jwtPlugin);\n', ''),
    [`${service}/src/routes/auth.routes.ts`]: (text) =>
      text
        .replace(
          'import { findUserByEmail }',
          "import { signAccessToken } from '../tokens.js';\nimport { findUserByEmail }",
        )
        .replace(
          'app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId })',
          'signAccessToken(user)',
        ),
  },
  probe: [
    {
      service,
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
  ],
};
