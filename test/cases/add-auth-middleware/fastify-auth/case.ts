import type { Case } from '../../../helpers/case.ts';

const service = 'services/billing-service';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing', '--protect', 'all', '--public', 'GET /health'],
  files: {
    [`${service}/package.json`]: (text) =>
      text.replace('"dependencies": {', '"dependencies": {\n    "@fastify/auth": "^5.0.0",'),
  },
  probe: [
    { service, path: '/health', status: 200 },
    { service, path: '/invoices', status: 401 },
  ],
};
