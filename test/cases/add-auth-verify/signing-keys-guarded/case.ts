import type { Case } from '../../../helpers/case.ts';

/** The key set is public although a hook of the application guards every route that does not opt out. */
export const testCase: Case = {
  fixture: 'root-guard',
  args: ['--blacklist', 'memory', '--keys', 'eddsa'],
  probe: [
    { service: 'services/auth', path: '/auth/me', status: 401 },
    { service: 'services/auth', path: '/.well-known/jwks.json', status: 200 },
  ],
};
