import type { Case } from '../../../helpers/case.ts';

/**
 * Nothing of ours is there yet, and the configuration throws when it is imported without a database: the address of
 * Redis is declared in it, and the tests need neither.
 */
export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog', '--store', 'redis'],
  files: {
    'services/catalog/src/env.ts': (text) =>
      text.replace('PORT: ', `DATABASE_URL: z.string().url(),\r\n  PORT: `),
  },
};
