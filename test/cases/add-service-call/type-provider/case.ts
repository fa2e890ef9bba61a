import type { Case } from '../../../helpers/case.ts';

/** Zod, by a type provider; one route answers another status than its schema knows. */
export const testCase: Case = {
  fixture: 'type-provider',
  args: ['--target', 'auth', '--to', 'books'],
  probe: [{ service: 'services/auth', path: '/health', status: 200 }],
};
