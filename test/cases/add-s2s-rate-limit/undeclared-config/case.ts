import type { Case } from '../../../helpers/case.ts';

/** A route has members in its `config` that are declared nowhere: an interface that declares others would forbid them. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing', '--store', 'memory'],
  files: {
    'services/billing-service/src/routes/invoices.routes.ts': (text) =>
      text.replace("app.get('/', ", "app.get('/', { config: { description: 'All invoices' } }, "),
  },
};
