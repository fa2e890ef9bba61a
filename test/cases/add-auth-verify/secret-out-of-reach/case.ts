import type { Case } from '../../../helpers/case.ts';

/** The secret is a local constant of the plugin, so only @fastify/jwt itself knows it. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    'services/auth-service/src/plugins/jwt.ts': (text) =>
      text
        .replace(
          "secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-acme-auth-service'",
          'secret',
        )
        .replace(
          '    await app.register(fastifyJwt, {',
          "    const secret = ['a', 'secret', 'of', 'many', 'words', 'for', 'tests'].join('-');\n    await app.register(fastifyJwt, {",
        ),
  },
  probe: [
    {
      service: 'services/auth-service',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
  ],
};
