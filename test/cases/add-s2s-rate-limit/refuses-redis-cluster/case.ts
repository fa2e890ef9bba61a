import type { Case } from '../../../helpers/case.ts';

/** A cluster that another name hides, and that no other file could import anyway. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'auth'],
  files: {
    'services/auth-service/src/plugins/redis.ts': (text) =>
      text
        .replace(
          "import { Redis } from 'ioredis';",
          "import { Cluster as Nodes, type Redis } from 'ioredis';",
        )
        .replace(/new Redis\([^;]*\);/, "new Nodes(['redis://localhost:7000']) as unknown as Redis;"),
  },
  refusal: ['E_REDIS_CLUSTER'],
};
