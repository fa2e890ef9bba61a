import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { FastifyInstance, FastifyPluginCallback, FastifyServerOptions } from 'fastify';

import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';
import type { TokenBuckets } from '../production/bucket-module.ts';

const auth = 'services/auth-service';
const user = 'services/user-service';

/** What a balanced client tells of itself, as far as tests ask. */
export interface BalancedClient {
  get(path: string): Promise<{ readonly status: number }>;
  getEndpointStats(): readonly { readonly url: string; readonly circuit: { readonly state: string } }[];
  getCircuitStats(): { readonly state: string };
  refuseForMs(): number;
  close(): Promise<void>;
}

export interface Endpoint {
  readonly url: unknown;
  readonly weight?: unknown;
  readonly priority?: unknown;
  readonly zone?: unknown;
}

interface Lookup {
  readonly endpoints: readonly Endpoint[];
  readonly refreshMs: number;
}

export interface Source {
  readonly name: string;
  lookup(signal: AbortSignal): Promise<Lookup>;
}

interface Admission {
  settle(verdict: 'good' | 'bad' | 'unknown'): void;
}

interface RefusalLimit {
  admit(caller: string): Promise<Admission | number>;
}

/** What the generators write, as modules: what tests of it may rely on. */
export interface FireModules {
  readonly root: string;
  readonly Fastify: (options?: FastifyServerOptions) => FastifyInstance;
  readonly jwt: FastifyPluginCallback;
  readonly authVerify: FastifyPluginCallback<Record<string, unknown>>;
  readonly authLimit: FastifyPluginCallback<Record<string, unknown>>;
  readonly userLimit: FastifyPluginCallback<Record<string, unknown>>;
  readonly authMiddleware: FastifyPluginCallback<Record<string, unknown>>;
  readonly createMemoryBuckets: (options?: object) => TokenBuckets;
  readonly createRedisBuckets: (client: unknown, prefix: string) => TokenBuckets;
  readonly RefusalLimit: new (
    buckets: TokenBuckets,
    quota: { max: number; timeWindow: number },
    onBlock?: (caller: string) => void,
    clock?: () => number,
  ) => RefusalLimit;
  readonly BalancedClient: new (options: object) => BalancedClient;
  readonly ConsulEndpoints: new (url: string, options?: object) => Source;
  readonly EurekaEndpoints: new (url: string, refreshMs?: number) => Source;
  readonly DnsEndpoints: new (url: string, resolver: unknown) => Source;
  readonly SrvEndpoints: new (url: string, resolver: unknown) => Source;
}

/** Generates the verify route, a consumer, both with limits, and all sources of endpoints into `.cases/<name>`. */
export async function generateFire(name: string): Promise<string> {
  const root = materialize(name, { fixture: 'npm-workspaces', args: [] });
  for (const [generator, ...args] of [
    ['add-auth-verify', '--target', 'auth-service', '--blacklist', 'none', '--logout', 'none'],
    ['add-s2s-rate-limit', '--target', 'auth-service', '--store', 'redis'],
    ['add-auth-middleware', '--target', 'user', '--protect', 'all', '--public', 'none'],
    ['add-s2s-rate-limit', '--target', 'user', '--store', 'redis'],
    ['add-s2s-discovery', '--target', 'user', '--source', 'static,dns,srv,consul,eureka'],
  ] as const)
    await runCommand({ generator, args: [...args, '--no-format'] }, root);
  return root;
}

/** The same files where Fastify 4 is what is found by walking up. */
export function copyOnFastify4(root: string): string {
  const copy = `${root}-4`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(root, copy, { recursive: true });
  symlinkSync(
    join(projectRoot, 'fixtures/_deps/fastify4/node_modules'),
    join(copy, 'node_modules'),
    'junction',
  );
  const plugin = join(copy, auth, 'src/plugins/auth-verify.ts');
  writeFileSync(plugin, readFileSync(plugin, 'utf8').replace("fastify: '5.x'", "fastify: '4.x'"));
  return copy;
}

export async function loadFire(root: string): Promise<FireModules> {
  const load = async (path: string): Promise<Record<string, unknown>> =>
    (await import(pathToFileURL(join(root, path)).href)) as Record<string, unknown>;
  const utilities = ['token-bucket', 'redis-buckets', 'refusal-limit', 'balanced-client'];
  const sources = ['consul-endpoints', 'eureka-endpoints', 'dns-endpoints', 'srv-endpoints'];
  const modules = await Promise.all(
    [...utilities, ...sources].map((name) => load(`${user}/src/utils/${name}.ts`)),
  );
  const [jwt, authVerify, authLimit, userLimit, middleware] = await Promise.all([
    load(`${auth}/src/plugins/jwt.ts`),
    load(`${auth}/src/plugins/auth-verify.ts`),
    load(`${auth}/src/plugins/rate-limit.ts`),
    load(`${user}/src/plugins/rate-limit.ts`),
    load(`${user}/src/middleware/auth.middleware.ts`),
  ]);
  const require = createRequire(join(root, auth, 'package.json'));
  return {
    ...Object.assign({}, ...modules),
    root,
    Fastify: require('fastify') as FireModules['Fastify'],
    jwt: jwt['default'],
    authVerify: authVerify['authVerify'],
    authLimit: authLimit['rateLimit'],
    userLimit: userLimit['rateLimit'],
    authMiddleware: middleware['authMiddleware'],
  } as FireModules;
}
