import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--with', 'context', '--transport', 'fetch'],
};
