import type { Case } from '../../../helpers/case.ts';

/** Routes tell the guard of the application to let them through. */
export const testCase: Case = {
  fixture: 'root-guard',
  args: ['--target', 'auth', '--monitoring', 'none'],
  probe: [{ service: 'services/auth', path: '/metrics', status: 200 }],
};
