import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

import { verifyPassword } from '@/passwords';
import { findUserByEmail } from '@/users';

const credentials = z.object({ email: z.email(), password: z.string() });

export async function authRoutes(app: FastifyInstance) {
  app.post('/login', async (request, reply) => {
    const body = credentials.safeParse(request.body);
    if (!body.success) {
      return reply.code(400).send({ error: 'email and password are required' });
    }

    const user = findUserByEmail(body.data.email);
    if (!user || !(await verifyPassword(body.data.password, user.password))) {
      return reply.code(401).send({ error: 'Wrong email or password' });
    }

    const token = app.jwt.sign({ sub: user.id, email: user.email, tenant_id: user.tenantId });
    return { token };
  });

  app.post('/logout', async (request, reply) => {
    await app.tokenBlacklist.revokeRequest(request);
    request.log.info('logged out');
    return reply.code(204).send();
  });
}
