import type { Case } from '../../../helpers/case.ts';

/** A part can be added to a breaker that is there, and the parts that it had stay. */
export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog', '--with', 'window'],
  after: [{ generator: 'add-circuit-breaker', args: ['--target', 'catalog', '--with', 'backoff'] }],
};
