import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  files: { 'services/user-service/src/utils/circuit-breaker.ts': 'export const mine = true;\n' },
  refusal: ['E_FILE_EXISTS'],
};
