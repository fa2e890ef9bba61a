import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'none',
  args: ['--target', 'web'],
  files: {
    'package.json': '{ "name": "web", "dependencies": { "express": "^5.0.0" } }\n',
    'src/index.ts': 'export {};\n',
  },
  refusal: ['E_NO_FASTIFY'],
};
