import type { Case } from '../../../helpers/case.ts';

const service = 'services/auth-service';

/** `trusted` of @fastify/jwt is asked about each token, and the verify route asks it, too. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--blacklist', 'memory'],
  files: {
    [`${service}/src/sessions.ts`]: `import type { FastifyRequest } from 'fastify';

const ended = new Set<string>();

export function isTrusted(_request: FastifyRequest, claims: unknown): boolean {
  const { jti } = claims as { jti?: string };
  return jti === undefined || !ended.has(jti);
}
`,
    [`${service}/src/plugins/jwt.ts`]: (text) =>
      text
        .replace(
          "import fp from 'fastify-plugin';\n",
          "import fp from 'fastify-plugin';\nimport { isTrusted } from '../sessions.js';\n",
        )
        .replace(
          "      sign: { expiresIn: '15m' },\n",
          "      sign: { expiresIn: '15m' },\n      trusted: isTrusted,\n",
        ),
  },
  probe: [
    { service, method: 'POST', path: '/auth/verify', login: 'body', status: 200, answer: { valid: true } },
  ],
};
