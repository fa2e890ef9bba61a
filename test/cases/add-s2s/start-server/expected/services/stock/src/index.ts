import fastify, { RawServerDefault } from 'fastify';
import { IncomingMessage, ServerResponse } from 'http';
import { registerStockRoutes } from './stock.controller';
import authMiddleware from './middleware/auth.middleware';

const server = fastify<RawServerDefault, IncomingMessage, ServerResponse>({ logger: true });

async function startServer() {
  try {
    const stock = await Promise.resolve(['teapot', 'kettle']);

    server.register(authMiddleware, { publicRoutes: ['GET /health'] });

    server.get('/health', async () => ({ status: 'ok' }));
    registerStockRoutes(server, stock);

    await server.listen({ port: Number(process.env.PORT) || 4342, host: process.env.HOST || '0.0.0.0' });
  } catch (error) {
    server.log.error(error);
    process.exit(1);
  }
}

startServer();
