import type { FastifyInstance } from 'fastify';
import { findUserByEmail } from '../users/user-store.js';
import { verifyPassword } from '../users/password.js';

interface LoginBody {
  email: string;
  password: string;
}

const loginSchema = {
  body: {
    type: 'object',
    required: ['email', 'password'],
    additionalProperties: false,
    properties: {
      email: { type: 'string', maxLength: 254 },
      password: { type: 'string', maxLength: 1024 },
    },
  },
};

export async function authRoutes(app: FastifyInstance): Promise<void> {
  app.post<{ Body: LoginBody }>('/login', { schema: loginSchema }, async (request, reply) => {
    const { email, password } = request.body;

    const user = findUserByEmail(email);
    if (!(await verifyPassword(password, user?.passwordHash)) || user === undefined) {
      return reply.code(401).send({ error: 'Invalid email or password' });
    }

    const token = app.jwt.sign({ sub: user.id, tenantId: user.tenantId });
    request.log.info({ userId: user.id, tenantId: user.tenantId }, 'Logged in');
    return { token };
  });

  app.post<{ Body: { email: string } }>('/invitations', async (request) => {
    const { email } = request.body;
    return { token: app.jwt.sign({ sub: email, email }) };
  });

  app.post('/logout', async (request, reply) => {
    await app.tokenBlacklist.revokeRequest(request);
    request.log.info('Logged out');
    return reply.code(204).send();
  });
}
