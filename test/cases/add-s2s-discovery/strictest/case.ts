import type { Case } from '../../../helpers/case.ts';

/** Client and middleware publish on diagnostics channels, and every strict flag of the compiler is on. */
export const testCase: Case = {
  fixture: 'strictest',
  args: ['--target', 'seats', '--source', 'static,dns'],
  after: [
    {
      generator: 'add-auth-middleware',
      args: ['--target', 'seats', '--protect', 'none', '--with', 'diagnostics'],
    },
  ],
  probe: [{ service: 'services/seats', path: '/health', status: 200 }],
};
