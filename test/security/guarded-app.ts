import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import fastify5, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyServerOptions,
} from 'fastify';

import { apply } from '../../plopfile.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand } from '../helpers/run-command.ts';

type MakeApp = (options?: FastifyServerOptions) => FastifyInstance;

const fromFixtures = createRequire(join(projectRoot, 'fixtures/_deps/fastify4/package.json'));

/** Both majors make an instance of one interface, as far as these tests use it. */
export const fastifyVersions: readonly (readonly [string, MakeApp])[] = [
  ['Fastify 5', fastify5 as MakeApp],
  ['Fastify 4', fromFixtures('fastify') as MakeApp],
];

/** The one token that the stand-in of the auth service knows. */
export const goodToken = 'Bearer a.good.token';

interface MiddlewareOptions {
  readonly baseUrl?: string;
  readonly serviceSecret?: string;
  readonly publicRoutes?: readonly string[];
}

/** The generated auth middleware, and an auth service that it can ask. */
export interface Guard {
  readonly authMiddleware: FastifyPluginCallback<MiddlewareOptions>;
  /** Options of the middleware: where the auth service is. */
  readonly options: Readonly<{ baseUrl: string; serviceSecret: string }>;
  close(): void;
}

/** Generates the middleware into a copy of a fixture and loads it. */
export async function openGuard(id: string, ...flags: readonly string[]): Promise<Guard> {
  const root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  const args = ['--target', 'user', '--protect', 'all', '--public', 'none', '--yes', '--no-format', ...flags];
  const plan = await planCommand({ generator: 'add-auth-middleware', args }, root);
  if (!plan.ok) throw new Error('The generator refused the fixture');
  await apply(plan, root);
  const file = join(root, 'services/user-service/src/middleware/auth.middleware.ts');
  const { default: authMiddleware } = (await import(file)) as {
    default: FastifyPluginCallback<MiddlewareOptions>;
  };
  const server = await startAuthService();
  const { port } = server.address() as AddressInfo;
  return {
    authMiddleware,
    options: { baseUrl: `http://127.0.0.1:${String(port)}`, serviceSecret: '' },
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
    },
  };
}

async function startAuthService(): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { token } = JSON.parse(Buffer.concat(chunks).toString()) as { token: string };
      const isGood = `Bearer ${token}` === goodToken;
      response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isGood ? { valid: true, userId: 'ada' } : { valid: false }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
