import type { Case } from '../../../helpers/case.ts';

/** A cluster of ioredis duplicates in another way, and keeps commands back while it is down. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  files: {
    'services/auth-service/src/plugins/redis.ts': (text) =>
      text.replace(/new Redis\([^;]*\);/, "new Redis.Cluster([{ host: 'localhost', port: 7000 }]);"),
  },
  refusal: ['E_REDIS_CLUSTER'],
};
