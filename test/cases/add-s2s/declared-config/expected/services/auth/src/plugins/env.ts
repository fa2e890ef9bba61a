import fastifyEnv from '@fastify/env';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    config: Config;
  }
}

export interface Config {
  PORT: number;
  HOST: string;
  JWT_SECRET: string;
  SERVICE_AUTH_SECRET?: string;
}

const schema = {
  type: 'object',
  required: ['JWT_SECRET'],
  properties: {
    PORT: { type: 'number', default: 4431 },
    HOST: { type: 'string', default: '0.0.0.0' },
    JWT_SECRET: { type: 'string', minLength: 32 },
    SERVICE_AUTH_SECRET: { type: 'string' },
  },
};

export default fp(async (app) => {
  await app.register(fastifyEnv, { schema });
});
