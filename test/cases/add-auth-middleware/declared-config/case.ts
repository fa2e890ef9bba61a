import type { Case } from '../../../helpers/case.ts';

/** Variables are declared by envalid, where they can be read. */
export const testCase: Case = {
  fixture: 'declared-config',
  args: ['--target', 'rooms', '--protect', 'roomRoutes'],
  probe: [
    { service: 'services/rooms', path: '/health', status: 200 },
    { service: 'services/rooms', path: '/rooms', status: 401 },
    {
      service: 'services/rooms',
      path: '/rooms',
      headers: { authorization: 'Bearer some.valid.token' },
      status: 503,
    },
  ],
};
