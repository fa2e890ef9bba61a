import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findTenantSchema } from '../tenants/tenants.js';
import { findUser, listUsers } from '../tenants/user-repository.js';

const DEFAULT_TENANT = 'acme';

function findSchema(request: FastifyRequest): string | undefined {
  const tenant = request.headers['x-tenant-id'] ?? DEFAULT_TENANT;
  return typeof tenant === 'string' ? findTenantSchema(tenant) : undefined;
}

export async function usersRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async (request, reply) => {
    const schema = findSchema(request);
    if (schema === undefined) return reply.code(400).send({ error: 'Unknown tenant' });

    return { users: await listUsers(app.db, schema) };
  });

  app.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
    const schema = findSchema(request);
    if (schema === undefined) return reply.code(400).send({ error: 'Unknown tenant' });

    const user = await findUser(app.db, schema, request.params.id);
    return user ?? reply.code(404).send({ error: 'No such user' });
  });
}
