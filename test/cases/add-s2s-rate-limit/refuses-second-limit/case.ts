import type { Case } from '../../../helpers/case.ts';

/** Two limits would count every request twice. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  files: {
    'services/user-service/package.json': (text) =>
      text.replace('"fastify": ', '"@fastify/rate-limit": "^11.2.0",\n    "fastify": '),
  },
  refusal: ['E_RATE_LIMITED'],
};
