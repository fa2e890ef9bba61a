import type { Case } from '../../../helpers/case.ts';
import { testCase as nodeRedis } from '../node-redis/case.ts';

const plugin = 'services/auth-service/src/plugins/redis.ts';

/** One node alone of a cluster has not all keys: a connection of our own would be refused by it. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  files: {
    ...nodeRedis.files,
    [plugin]: String(nodeRedis.files?.[plugin])
      .replaceAll('createClient', 'createCluster')
      .replace(/\{ url: .* \}/, "{ rootNodes: [{ url: 'redis://localhost:7000' }] }"),
  },
  refusal: ['E_REDIS_CLUSTER'],
};
