import Fastify from 'fastify';
import { weatherRoutes } from './routes/weather.js';
import authMiddleware from './middleware/auth.middleware.js';

const server = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

await server.register(authMiddleware);

server.get('/health', async () => ({ status: 'ok' }));
await server.register(weatherRoutes, { prefix: '/weather' });

await server.ready();
server.log.info(server.printRoutes());
await server.listen({ port: Number(process.env['PORT'] ?? 4402), host: process.env['HOST'] ?? '0.0.0.0' });
