import type { FastifyInstance } from 'fastify';
import { findUser } from '../users.js';

interface Login {
  Body: { email: string; password: string };
}

const loginSchema = {
  body: {
    type: 'object',
    required: ['email', 'password'],
    properties: { email: { type: 'string' }, password: { type: 'string' } },
  },
};

export async function authRoutes(app: FastifyInstance): Promise<void> {
  app.post<Login>('/login', { schema: loginSchema }, async (request, reply) => {
    const user = findUser(request.body.email, request.body.password);
    if (user === undefined) return reply.code(401).send({ error: 'Wrong email or password' });
    return { token: app.jwt.sign({ sub: user.id, email: user.email, tenantId: user.tenantId }) };
  });

  app.post('/logout', async (request, reply) => {
    await app.tokenBlacklist.revokeRequest(request);
    request.log.info('logged out');
    return reply.code(204).send();
  });
}
