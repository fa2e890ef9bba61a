/** The least that any request context can cost: each request in a store of its own, and nothing kept in it. */
import { AsyncLocalStorage } from 'node:async_hooks';

import type { FastifyInstance } from 'fastify';

const storage = new AsyncLocalStorage<object>();

export default function contextFloor(app: FastifyInstance, _options: object, done: () => void): void {
  app.addHook('onRequest', (_request, reply, next) => {
    storage.run(reply, next);
  });
  done();
}
// Its hook is for all routes, as that of a plugin which fastify-plugin has wrapped.
Object.assign(contextFloor, { [Symbol.for('skip-override')]: true });
