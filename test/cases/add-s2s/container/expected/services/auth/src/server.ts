import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import authVerify from './plugins/auth-verify.js';

export interface ServerDeps {
  authRoutes: FastifyPluginAsync;
}

export class HttpServer {
  readonly app: FastifyInstance;

  constructor({ authRoutes }: ServerDeps) {
    this.app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });
    this.app.register(fastifyJwt, {
      secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-garden',
    });

    this.app.register(authVerify);
    this.app.get('/health', async () => ({ status: 'ok' }));
    this.app.register(authRoutes, { prefix: '/auth' });
  }

  async listen(): Promise<void> {
    await this.app.listen({ port: Number(process.env['PORT'] ?? 4451), host: process.env['HOST'] ?? '0.0.0.0' });
  }
}
