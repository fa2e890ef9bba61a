import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { FastifyInstance } from 'fastify';
import ts from 'typescript';

import { childEnvironment } from './child-environment.ts';
import { materialize } from './materialize.ts';
import { projectRoot } from './project-root.ts';
import { runCommand } from './run-command.ts';

interface Message {
  readonly port?: number;
  readonly listening?: true;
  readonly revoked?: string;
  /** Nanoseconds of the machine's monotonic clock. */
  readonly at?: string;
}

/** One process of a service that caches claims. */
export interface Instance {
  readonly origin: string;
  /** How often it has begun to listen. */
  readonly listened: () => number;
  /** When it was told that a token of that key is revoked, in nanoseconds; undefined: not yet. */
  readonly toldAt: (key: string) => bigint | undefined;
  stop(): void;
}

type Auth = FastifyInstance & {
  readonly tokenBlacklist: { revoke(token: string): Promise<void> };
  readonly jwt: { sign(claims: object, options: object): string };
};

/** The auth service in this process, and instances of a service in processes of their own. */
export interface Fleet {
  readonly auth: Auth;
  /** The key that a token is revoked by. */
  readonly keyOf: (token: string) => string;
  /** How many tokens the auth service was asked about. */
  readonly asked: () => number;
  start(
    count: number,
    options?: { readonly ttlMs?: number; readonly listens?: boolean },
  ): Promise<Instance[]>;
  stop(): Promise<void>;
}

/** Generates both sides of the revocation into `.cases/<id>` and starts the auth service on that Redis. */
export async function openFleet(id: string, redisUrl: string): Promise<Fleet> {
  const root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  const args = ['--target', 'user', '--protect', 'none', '--cache-ttl', '60000'];
  await runCommand({ generator: 'add-s2s', args }, root);
  await runCommand({ generator: 'add-s2s-revocation', args: ['--target', 'user'] }, root);
  const folder = compileService(join(root, 'services/user-service/src'), id);

  process.env['REDIS_URL'] = redisUrl;
  process.env['JWT_SECRET'] = 'a-secret-of-at-least-32-characters';
  const module = pathToFileURL(join(root, 'services/auth-service/src/app.ts')).href;
  const { buildApp } = (await import(module)) as { buildApp: (options: object) => Promise<Auth> };
  const auth = await buildApp({ logger: false });
  const keyModule = pathToFileURL(join(root, 'services/auth-service/src/utils/token-key.ts')).href;
  const { tokenKey } = (await import(keyModule)) as { tokenKey: Fleet['keyOf'] };
  let asked = 0;
  auth.addHook('onRequest', (request, _reply, next) => {
    asked += request.url === '/auth/verify' ? 1 : 0;
    next();
  });
  await auth.listen({ port: 0, host: '127.0.0.1' });
  const origin = `http://127.0.0.1:${String((auth.server.address() as AddressInfo).port)}`;
  const instances: Instance[] = [];
  return {
    auth,
    keyOf: tokenKey,
    asked: () => asked,
    start: async (count, { ttlMs = 60_000, listens = true } = {}) => {
      const own = [folder, origin, String(ttlMs), listens ? 'yes' : 'no'];
      const started = await Promise.all(Array.from({ length: count }, () => startInstance(own, redisUrl)));
      instances.push(...started);
      return started;
    },
    stop: async () => {
      for (const instance of instances) instance.stop();
      await auth.close();
      delete process.env['REDIS_URL'];
      delete process.env['JWT_SECRET'];
      rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
    },
  };
}

/** A loader and its compiler in each process would be most of what it costs. */
function compileService(source: string, id: string): string {
  const folder = join(projectRoot, '.rendered', id);
  for (const part of ['utils', 'middleware']) {
    mkdirSync(join(folder, part), { recursive: true });
    for (const file of readdirSync(join(source, part))) {
      const { outputText } = ts.transpileModule(readFileSync(join(source, part, file), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      writeFileSync(join(folder, part, file.replace(/\.ts$/, '.js')), outputText);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return folder;
}

async function startInstance(args: readonly string[], redisUrl: string): Promise<Instance> {
  const script = fileURLToPath(new URL('revocation-instance.mjs', import.meta.url));
  const child: ChildProcess = fork(script, args, {
    execArgv: [],
    env: childEnvironment({ REDIS_URL: redisUrl }),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const told = new Map<string, bigint>();
  let listened = 0;
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error('An instance did not start'));
    });
    child.on('message', ({ at, listening, port: own, revoked }: Message) => {
      if (own !== undefined) resolve(own);
      if (listening === true) listened += 1;
      if (revoked !== undefined && at !== undefined) told.set(revoked, BigInt(at));
    });
  });
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    listened: () => listened,
    toldAt: (key) => told.get(key),
    stop: () => child.kill('SIGKILL'),
  };
}
