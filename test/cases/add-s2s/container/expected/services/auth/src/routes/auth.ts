import type { FastifyPluginAsync } from 'fastify';
import type { User } from '../users.js';

interface AuthDeps {
  findUser(email: string, password: string): User | undefined;
}

interface Login {
  Body: { email: string; password: string };
}

export function makeAuthRoutes({ findUser }: AuthDeps): FastifyPluginAsync {
  return async (app) => {
    app.post<Login>('/login', async (request, reply) => {
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
