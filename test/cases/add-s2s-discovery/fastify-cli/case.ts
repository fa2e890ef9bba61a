import type { Case } from '../../../helpers/case.ts';

/** The middleware is autoloaded: its option is the user's to add. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes', '--source', 'consul,eureka'],
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'notes', '--protect', 'none'] }],
  probe: [{ service: 'apps/notes', path: '/health', status: 200 }],
};
