import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';

import { addVerifyHooks, createVerifyHandler } from '../../templates/add-auth-verify/verify-route.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** A verify route in an application one of whose hooks refuses every request, such as that of under-pressure. */
async function build(error: Error): Promise<FastifyInstance> {
  const app = Fastify();
  apps.push(app);
  app.addHook('onRequest', (_request, reply, next) => {
    reply.raw.setHeader('retry-after', 50);
    next(error);
  });
  const handler = createVerifyHandler({
    verify: () => Promise.resolve({}),
    toIdentity: () => ({ userId: '1' }),
  });
  await app.register((route, _options, done) => {
    addVerifyHooks(route, '');
    route.post<{ Body: { token: string } }>('/auth/verify', handler);
    done();
  });
  return app;
}

describe('a verify route in an application that refuses requests', () => {
  it.each([
    [503, 'Database connection is not available', 503, 'Service unavailable'],
    [429, 'Too many requests', 429, 'Too many requests'],
    [502, 'secret of the upstream', 500, 'Internal server error'],
    [undefined, 'secret of the hook', 500, 'Internal server error'],
  ])('answers %s (%s) with %s', async (statusCode, message, status, error) => {
    const app = await build(Object.assign(new Error(message), { statusCode }));
    const response = await app.inject({ method: 'POST', url: '/auth/verify', payload: { token: 'a' } });
    expect([response.statusCode, response.json(), response.headers['retry-after']]).toEqual([
      status,
      { valid: false, error },
      '50',
    ]);
  });
});
