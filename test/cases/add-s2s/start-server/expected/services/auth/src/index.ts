import fastify, { RawServerDefault } from 'fastify';
import { IncomingMessage, ServerResponse } from 'http';
import { registerAuthRoutes } from './auth.controller';
import authVerify from './plugins/auth-verify';
import { UserStore } from './store';

const server = fastify<RawServerDefault, IncomingMessage, ServerResponse>({ logger: true });

async function startServer() {
  try {
    const users = await new UserStore().open();

    server.register(authVerify);

    server.get('/health', async () => ({ status: 'ok' }));
    registerAuthRoutes(server, users);

    await server.listen({ port: Number(process.env.PORT) || 4341, host: process.env.HOST || '0.0.0.0' });
  } catch (error) {
    server.log.error(error);
    process.exit(1);
  }
}

startServer();
