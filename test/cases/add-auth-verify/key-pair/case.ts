import type { Case } from '../../../helpers/case.ts';

/** Tokens are signed with a private key; the public one verifies. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    'services/auth-service/package.json': (text) =>
      text.replace('"@fastify/jwt": "^10.2.0"', '"jsonwebtoken": "^9.0.2"'),
    'services/auth-service/src/plugins/jwt.ts': undefined,
    'services/auth-service/test/auth.routes.test.ts': undefined,
    'services/auth-service/src/keys.ts': `import { generateKeyPairSync } from 'node:crypto';

import jwt from 'jsonwebtoken';

export const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

export function isOurs(token: string): boolean {
  return typeof jwt.verify(token, publicKey, { algorithms: ['RS256'] }) !== 'string';
}
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
          `const token = jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId }, privateKey, {
      algorithm: 'RS256',
      expiresIn: '15m',
    });`,
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
