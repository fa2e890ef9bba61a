import type { Case } from '../../../helpers/case.ts';

const service = 'services/auth-service';

/** The same key signs invitations, which have an email that tokens of the login have not; tokens also come in a cookie. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    [`${service}/test/auth.routes.test.ts`]: undefined,
    [`${service}/src/plugins/cookies.ts`]: `import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyRequest {
    cookies: Record<string, string | undefined>;
    unsignCookie: (value: string) => { valid: boolean; value: string | null };
  }
}

export default fp(
  async (app) => {
    app.addHook('onRequest', async (request) => {
      const pairs = (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('='));
      request.cookies = Object.fromEntries(pairs) as Record<string, string>;
      request.unsignCookie = (value) => ({ valid: true, value });
    });
  },
  { name: 'cookies' },
);
`,
    [`${service}/src/plugins/jwt.ts`]: (text) =>
      text
        .replace('  email: string;\n  tenantId: string;\n', '  tenantId: string;\n')
        .replace(
          '    payload: AccessTokenClaims;\n',
          '    payload: AccessTokenClaims | { sub: string; email: string };\n',
        )
        .replace(
          "      sign: { expiresIn: '15m' },\n",
          "      sign: { expiresIn: '15m' },\n      cookie: { cookieName: 'session', signed: true },\n",
        ),
    [`${service}/src/app.ts`]: (text) =>
      text
        .replace(
          'import jwtPlugin from',
          "import cookiesPlugin from './plugins/cookies.js';\nimport jwtPlugin from",
        )
        .replace(
          '  await app.register(jwtPlugin);\n',
          '  await app.register(cookiesPlugin);\n  await app.register(jwtPlugin);\n',
        ),
    [`${service}/src/routes/auth.routes.ts`]: (text) =>
      text
        .replace(
          '{ sub: user.id, email: user.email, tenantId: user.tenantId }',
          '{ sub: user.id, tenantId: user.tenantId }',
        )
        .replace(
          "  app.post('/logout'",
          `  app.post<{ Body: { email: string } }>('/invitations', async (request) => {
    const { email } = request.body;
    return { token: app.jwt.sign({ sub: email, email }) };
  });

  app.post('/logout'`,
        ),
  },
  probe: [
    { service, method: 'POST', path: '/auth/verify', login: 'body', status: 200, answer: { valid: true } },
  ],
};
