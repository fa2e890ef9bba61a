/** Preloaded into a service: writes each route that any Fastify instance of the process registers, one JSON line each. */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

const file = process.env['CORPUS_ROUTES'];
// Both majors publish every instance on this channel, before anything is registered on it.
subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('onRoute', ({ method, url, constraints }) => {
    if (constraints !== undefined && Object.keys(constraints).length > 0) return;
    for (const one of [method].flat()) appendFileSync(file, `${JSON.stringify({ method: one, url })}\n`);
  });
});
