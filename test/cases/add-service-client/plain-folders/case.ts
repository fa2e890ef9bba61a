import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders'],
  wholeFiles: true,
  probe: [{ service: 'orders', path: '/health', status: 200 }],
};
