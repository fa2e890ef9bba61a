import type { Case } from '../../../helpers/case.ts';

/** Nothing of the service verifies, so nobody knows with which key. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    'services/auth-service/package.json': (text) =>
      text.replace('"@fastify/jwt": "^10.2.0"', '"jsonwebtoken": "^9.0.2"'),
    'services/auth-service/src/plugins/jwt.ts': undefined,
    'services/auth-service/test/auth.routes.test.ts': undefined,
    'services/auth-service/src/keys.ts': `export const privateKey = process.env['JWT_PRIVATE_KEY'] ?? '';
`,
    'services/auth-service/src/app.ts': (text) =>
      text
        .replace("import jwtPlugin from './plugins/jwt.js';\n", '')
        .replace('  await app.register(jwtPlugin);\n', ''),
    'services/auth-service/src/routes/auth.routes.ts': (text) =>
      text
        .replace(
          "import type { FastifyInstance } from 'fastify';\n",
          "import type { FastifyInstance } from 'fastify';\nimport jwt from 'jsonwebtoken';\nimport { privateKey } from '../keys.js';\n",
        )
        .replace(
          'const token = app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId });',
          `const token = jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId }, privateKey, { algorithm: 'RS256' });`,
        ),
  },
  refusal: ['E_NO_VERIFY_KEY'],
};
