import type { Case } from '../../../helpers/case.ts';

/** Tokens come from elsewhere: the key server is down here, so nobody can tell whether a token is valid. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [
    '--target',
    'user',
    '--protect',
    'all',
    '--public',
    'GET /health',
    '--verify',
    'local',
    '--jwks',
    'https://login.acme.test/oauth/keys',
    '--issuer',
    'https://login.acme.test/',
    '--audience',
    'https://api.acme.test',
  ],
  probe: [
    { service: 'services/user-service', path: '/health', status: 200 },
    {
      service: 'services/user-service',
      path: '/users',
      status: 401,
      answer: { error: 'Invalid or expired token' },
    },
    {
      service: 'services/user-service',
      path: '/users',
      headers: { authorization: 'Bearer some.good.test' },
      status: 503,
    },
  ],
};
