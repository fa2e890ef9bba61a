import type { Case } from '../../../helpers/case.ts';

/** A client that is there takes the part, and nothing else changes. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing', '--with', 'diagnostics'],
  after: [{ generator: 'add-service-client', args: ['--target', 'billing'] }],
};
