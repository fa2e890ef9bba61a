import { fileURLToPath } from 'node:url';

import { testConsumer } from '@diner/s2s/testing/service-to-service';

testConsumer({
  name: '@diner/menu',
  dir: fileURLToPath(new URL('..', import.meta.url)),
  start: ['--import', 'tsx', 'src/server.ts'],
  port: 0,
  env: (consumerPort, auth) => ({ PORT: String(consumerPort), HOST: '127.0.0.1', AUTH_SERVICE_URL: auth.origin }),
  route: ['GET', '/menu'],
  logs: true,
});
