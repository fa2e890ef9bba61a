import fastifyJwt from '@fastify/jwt';
import Fastify from 'fastify';
import { authRoutes } from './routes/auth.js';
import authVerify from './plugins/auth-verify.js';

const server = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

await server.register(fastifyJwt, {
  secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-station',
});

await server.register(authVerify);

server.get('/health', async () => ({ status: 'ok' }));
await server.register(authRoutes, { prefix: '/auth' });

await server.ready();
server.log.info(server.printRoutes());
await server.listen({ port: Number(process.env['PORT'] ?? 4401), host: process.env['HOST'] ?? '0.0.0.0' });
