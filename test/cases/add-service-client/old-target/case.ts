import type { Case } from '../../../helpers/case.ts';

/** The compiler's library does not know the cause of an error. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders'],
  files: { 'orders/tsconfig.json': (text) => text.replace('ES2022', 'ES2019') },
  probe: [{ service: 'orders', path: '/health', status: 200 }],
};
