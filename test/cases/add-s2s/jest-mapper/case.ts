import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'jest-mapper',
  args: ['--target', 'notes', '--protect', 'noteRoutes'],
  probe: [
    { service: 'services/notes', path: '/health', status: 200 },
    { service: 'services/notes', path: '/notes', login: 'bearer', status: 200 },
    { service: 'services/notes', path: '/notes', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/notes', path: '/notes', status: 401 },
  ],
};
