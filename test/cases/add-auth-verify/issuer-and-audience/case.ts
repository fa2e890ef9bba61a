import type { Case } from '../../../helpers/case.ts';

const service = 'services/auth-service';

/** The service's own verification demands an issuer and an audience, and its login signs them. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    [`${service}/package.json`]: (text) => text.replace('"@fastify/jwt": "^10.2.0"', '"jose": "^6.0.0"'),
    [`${service}/src/plugins/jwt.ts`]: undefined,
    [`${service}/test/auth.routes.test.ts`]: undefined,
    [`${service}/src/tokens.ts`]: `import { jwtVerify, SignJWT } from 'jose';
import type { User } from './users/user-store.js';

export const JWT_SECRET = process.env['JWT_SECRET'] ?? 'development-secret-of-the-acme-auth-service';
export const ISSUER = 'https://auth.acme.test';

const key = new TextEncoder().encode(JWT_SECRET);

export async function signAccess({ id, email, tenantId }: User): Promise<string> {
  return new SignJWT({ sub: id, email, tenantId })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience('web')
    .setExpirationTime('15m')
    .sign(new TextEncoder().encode(JWT_SECRET));
}

export async function signReset({ id }: User): Promise<string> {
  const token = new SignJWT({ sub: id }).setProtectedHeader({ alg: 'HS256' });
  return token.setIssuer(ISSUER).setAudience('reset').sign(new TextEncoder().encode(JWT_SECRET));
}

export async function verifyAccess(token: string): Promise<string | undefined> {
  const { payload } = await jwtVerify(token, key, { issuer: ISSUER, audience: 'web' });
  return payload.sub;
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
          "import { signAccess, signReset } from '../tokens.js';\nimport { findUserByEmail }",
        )
        .replace(
          'app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId })',
          'await signAccess(user)',
        )
        .replace(
          "  app.post('/logout'",
          `  app.post<{ Body: { email: string } }>('/forgot-password', async (request) => {
    const user = findUserByEmail(request.body.email);
    // Mailed in production; here the answer has it.
    return { token: user === undefined ? '' : await signReset(user) };
  });

  app.post('/logout'`,
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
