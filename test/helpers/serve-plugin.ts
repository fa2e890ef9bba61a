/** Serves the fastify-cli app of the working directory, as `fastify start` does: it has no file that listens. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import Fastify, { type FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';

const source = pathToFileURL(join(process.cwd(), 'src/app.ts')).href;
const { default: plugin } = (await import(source)) as { readonly default: FastifyPluginAsync };

const app = Fastify({ logger: true });
await app.register(fp(plugin));
process.once('SIGTERM', () => void app.close());
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
