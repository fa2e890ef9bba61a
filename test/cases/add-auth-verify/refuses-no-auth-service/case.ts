import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  files: { 'services/auth-service': undefined },
  refusal: ['E_NO_AUTH_SERVICE'],
};
