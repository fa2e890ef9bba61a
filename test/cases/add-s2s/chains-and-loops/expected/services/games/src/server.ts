import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import authMiddleware from './middleware/auth.middleware.js';
import { gameRoutes } from './routes/games.js';
import { healthRoutes } from './routes/health.js';
import { closedRoutes, scoreRoutes } from './routes/scores.js';

export class Server {
  readonly #fastify: FastifyInstance;
  readonly #routes: { plugin: FastifyPluginAsync; options: { prefix?: string } }[] = [
    { plugin: healthRoutes, options: {} },
    { plugin: gameRoutes, options: { prefix: '/games' } },
  ];

  constructor() {
    this.#fastify = fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });
  }

  async build(): Promise<FastifyInstance> {
    this.#fastify.register(authMiddleware);

    for (const { plugin, options } of this.#routes) {
      await this.#fastify.register(plugin, options);
    }
    this.#fastify.after(() => {
      void this.#fastify.register(process.env['SCORES'] === 'closed' ? closedRoutes : scoreRoutes, {
        prefix: '/scores',
      });
    });
    return this.#fastify;
  }
}
