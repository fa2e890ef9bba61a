import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  files: { 'services/user-service/package.json': (text) => text.replace('"version"', 'version') },
  refusal: ['E_MANIFEST'],
};
