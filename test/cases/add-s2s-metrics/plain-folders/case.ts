import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--without', 'retry', '--monitoring', 'none'],
  probe: [{ service: 'orders', path: '/metrics', status: 200 }],
};
