import type { Case } from '../../../helpers/case.ts';

/** A file of that name is there, and no SDK that it could be for. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  files: { 'services/user-service/src/tracing.ts': 'export const isTraced = false;\n' },
  refusal: ['E_FILE_EXISTS'],
};
