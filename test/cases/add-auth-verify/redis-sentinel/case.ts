import type { Case } from '../../../helpers/case.ts';

/** Behind Sentinel, a client of ioredis is one like any other: its duplicate finds the master by itself. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  files: {
    'services/auth-service/src/plugins/redis.ts': (text) =>
      text.replace(
        /new Redis\([^;]*\);/,
        "new Redis({ sentinels: [{ host: '127.0.0.1', port: Number(process.env['SENTINEL_PORT'] ?? 1) }], name: 'primary', sentinelRetryStrategy: () => 200 });",
      ),
  },
  probe: [
    {
      service: 'services/auth-service',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 503,
      answer: { valid: false },
    },
  ],
};
