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
import { audience, issuer, newKey, newToken, publish, seconds } from './local-issuer.ts';

type MakeApp = (options?: FastifyServerOptions) => FastifyInstance;

const fromFixtures = createRequire(join(projectRoot, 'fixtures/_deps/fastify4/package.json'));

/** Both majors make an instance of one interface, as far as these tests use it. */
export const fastifyVersions: readonly (readonly [string, MakeApp])[] = [
  ['Fastify 5', fastify5 as MakeApp],
  ['Fastify 4', fromFixtures('fastify') as MakeApp],
];

const key = newKey('one');
/** The one token that the stand-in of the auth service knows; it publishes the key that signed it as well. */
export const goodToken = `Bearer ${newToken(key, { exp: seconds(3_600) })}`;
/** Who verifies tokens: `S2S_VERIFY=local` runs the same tests against the local verifier. */
const isLocal = process.env['S2S_VERIFY'] === 'local';

interface MiddlewareOptions {
  readonly baseUrl?: string;
  readonly serviceSecret?: string;
  readonly publicRoutes?: readonly string[];
  readonly verifier?: unknown;
}

/** The generated auth middleware, and an auth service that it can ask. */
export interface Guard {
  readonly authMiddleware: FastifyPluginCallback<MiddlewareOptions>;
  /** Options of the middleware: where the auth service is. */
  readonly options: Readonly<{ baseUrl: string; serviceSecret: string; verifier?: unknown }>;
  close(): void;
}

/** Generates the middleware into a copy of a fixture and loads it. */
export async function openGuard(name: string, ...flags: readonly string[]): Promise<Guard> {
  const id = isLocal ? `${name}-local` : name;
  const root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  const args = ['--target', 'user', '--protect', 'all', '--public', 'none', '--yes', '--no-format'];
  const plan = await planCommand(
    { generator: 'add-auth-middleware', args: [...args, ...(isLocal ? local : []), ...flags] },
    root,
  );
  if (!plan.ok) throw new Error('The generator refused the fixture');
  await apply(plan, root);
  const source = join(root, 'services/user-service/src');
  const file = join(source, 'middleware/auth.middleware.ts');
  const { default: authMiddleware } = (await import(file)) as {
    default: FastifyPluginCallback<MiddlewareOptions>;
  };
  const server = await startAuthService();
  const { port } = server.address() as AddressInfo;
  return {
    authMiddleware,
    options: {
      baseUrl: `http://127.0.0.1:${String(port)}`,
      serviceSecret: '',
      ...(isLocal && { verifier: await loadVerifier(source) }),
    },
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
    },
  };
}

const local = [
  ...['--verify', 'local', '--jwks', 'http://localhost:3001/keys'],
  ...['--issuer', issuer, '--audience', audience],
];

async function loadVerifier(source: string): Promise<unknown> {
  const { localVerifier } = (await import(join(source, 'utils/local-verifier.ts'))) as {
    localVerifier: (options: object) => unknown;
  };
  return localVerifier({ issuer, audience });
}

async function startAuthService(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      publish(key)(response, request);
      return;
    }
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
