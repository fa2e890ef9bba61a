import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  files: {
    'services/user-service/src/app.ts': (text) => `<<<<<<< HEAD\n${text}=======\n>>>>>>> theirs\n`,
  },
  refusal: ['E_MERGE_MARKERS'],
};
