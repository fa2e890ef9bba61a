import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'none',
  args: ['--target', 'web'],
  files: {
    'package.json': '{ "name": "web", "dependencies": { "fastify": "^5.0.0" } }\n',
    'src/index.js': "require('fastify')().listen({ port: 3000 });\n",
  },
  refusal: ['E_JAVASCRIPT_ONLY'],
};
