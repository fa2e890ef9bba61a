import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog'],
  wholeFiles: true,
  probe: [{ service: 'services/catalog', path: '/health', status: 200 }],
};
