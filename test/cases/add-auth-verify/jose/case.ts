import type { Case } from '../../../helpers/case.ts';

/** Tokens are signed by jose, with a key made of the secret. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    'services/auth-service/package.json': (text) =>
      text.replace('"@fastify/jwt": "^10.2.0"', '"jose": "^6.0.0"'),
    'services/auth-service/src/plugins/jwt.ts': undefined,
    'services/auth-service/test/auth.routes.test.ts': undefined,
    'services/auth-service/src/config.ts':
      "export const JWT_SECRET = process.env['JWT_SECRET'] ?? 'development-secret-of-the-acme-auth-service';\n",
    'services/auth-service/src/app.ts': (text) =>
      text
        .replace("import jwtPlugin from './plugins/jwt.js';\n", '')
        .replace('  await app.register(jwtPlugin);\n', ''),
    'services/auth-service/src/routes/auth.routes.ts': (text) =>
      text
        .replace(
          "import type { FastifyInstance } from 'fastify';\n",
          "import type { FastifyInstance } from 'fastify';\nimport { SignJWT } from 'jose';\nimport { JWT_SECRET } from '../config.js';\n",
        )
        .replace(
          'const token = app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId });',
          `const token = await new SignJWT({ sub: user.id, email: user.email, tenantId: user.tenantId })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('15m')
      .sign(new TextEncoder().encode(JWT_SECRET));`,
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
