import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { User } from '../users.js';

const credentials = z.object({ email: z.email(), password: z.string() });

export interface AuthDeps {
  findUser(email: string, password: string): User | undefined;
}

export function buildAuthRoutes({ findUser }: AuthDeps): FastifyPluginAsyncZod {
  return async (app) => {
    app.post('/login', { schema: { body: credentials } }, async (request, reply) => {
      const user = findUser(request.body.email, request.body.password);
      if (user === undefined) return reply.code(401).send({ error: 'Wrong email or password' });
      return { token: app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId }) };
    });

    app.post('/logout', async (request, reply) => {
      await app.tokenBlacklist.revokeRequest(request);
      request.log.info('logged out');
      return reply.code(204).send();
    });
  };
}
