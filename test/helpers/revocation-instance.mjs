/**
 * One instance of a service that caches claims: `revocation-instance <folder> <auth origin> <ttl in ms> <listens>`, with
 * the compiled code of the service in the folder. Tells its parent its port, when it listens to Redis, and when it was
 * told of a revocation, by the machine's monotonic clock.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import Fastify from 'fastify';

const [, , folder = '', baseUrl = '', ttl = '', listens = ''] = process.argv;
const load = (file) => import(pathToFileURL(join(folder, file)).href);
const { authMiddleware } = await load('middleware/auth.middleware.js');
const { subscribeToRevocations } = await load('utils/revocation-subscriber.js');

const app = Fastify({ forceCloseConnections: true });
const subscribe = (cache) => {
  if (listens !== 'yes') return undefined;
  return subscribeToRevocations(app, {
    revoke: (key) => {
      cache.revoke(key);
      process.send?.({ revoked: key, at: String(process.hrtime.bigint()) });
    },
    clear: () => {
      cache.clear();
      process.send?.({ listening: true });
    },
  });
};
await app.register(authMiddleware, { baseUrl, cacheTtl: Number(ttl), subscribe });
app.get('/me', { onRequest: app.authenticate }, (request) => request.user);
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.({ port: app.server.address().port });
process.once('disconnect', () => process.exit(0));
