/** The least that any request context can cost: each request in a store of its own, and nothing kept in it. */
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage();

/** @type {import('fastify').FastifyPluginCallback} */
export default function contextFloor(app, _options, done) {
  app.addHook('onRequest', (_request, reply, next) => {
    storage.run(reply, next);
  });
  done();
}
// Its hook is for all routes, as that of a plugin which fastify-plugin has wrapped.
Object.assign(contextFloor, { [Symbol.for('skip-override')]: true });
