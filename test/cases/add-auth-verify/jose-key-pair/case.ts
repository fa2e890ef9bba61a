import type { Case } from '../../../helpers/case.ts';

/** jose signs with a private key, and verifies with the public one. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    'services/auth-service/package.json': (text) =>
      text.replace('"@fastify/jwt": "^10.2.0"', '"jose": "^6.0.0"'),
    'services/auth-service/src/plugins/jwt.ts': undefined,
    'services/auth-service/test/auth.routes.test.ts': undefined,
    'services/auth-service/src/keys.ts': `import { generateKeyPair, jwtVerify } from 'jose';

export const { privateKey, publicKey } = await generateKeyPair('ES256');

export async function isOurs(token: string): Promise<boolean> {
  const { payload } = await jwtVerify(token, publicKey, { algorithms: ['ES256'] });
  return payload.sub !== undefined;
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
          "import type { FastifyInstance } from 'fastify';\nimport { SignJWT } from 'jose';\nimport { privateKey } from '../keys.js';\n",
        )
        .replace(
          'const token = app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId });',
          `const token = await new SignJWT({ sub: user.id, email: user.email, tenantId: user.tenantId })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('15m')
      .sign(privateKey);`,
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
