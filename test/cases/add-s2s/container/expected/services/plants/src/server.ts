import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import authMiddleware from './middleware/auth.middleware.js';

export interface ServerDeps {
  plantRoutes: FastifyPluginAsync;
}

export class HttpServer {
  readonly app: FastifyInstance;

  constructor({ plantRoutes }: ServerDeps) {
    this.app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });
    this.app.register(authMiddleware, { publicRoutes: ['GET /health'] });
    this.app.get('/health', async () => ({ status: 'ok' }));
    this.app.register(plantRoutes, { prefix: '/plants' });
  }

  async listen(): Promise<void> {
    await this.app.listen({ port: Number(process.env['PORT'] ?? 4452), host: process.env['HOST'] ?? '0.0.0.0' });
  }
}
