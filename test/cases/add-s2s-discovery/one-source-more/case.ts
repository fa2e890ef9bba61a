import type { Case } from '../../../helpers/case.ts';

/** What was there stays, and the client with it; the compiler's library is an old one. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--source', 'srv'],
  files: { 'orders/tsconfig.json': (text) => text.replace('ES2022', 'ES2019') },
  after: [{ generator: 'add-s2s-discovery', args: ['--target', 'orders', '--source', 'eureka'] }],
};
