import type { Case } from '../../../helpers/case.ts';

/** Brings the client, in CommonJS. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--source', 'static', '--without', 'retry'],
  probe: [{ service: 'orders', path: '/health', status: 200 }],
};
