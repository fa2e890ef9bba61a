import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { execa } from 'execa';
import { Redis } from 'ioredis';

import { findFreePort } from './free-port.ts';

const START_LIMIT_MS = 10_000;

/** A Redis of our own, which may be stopped, frozen and started again. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * Starts a server of the PATH on a free port, or on `port`; installs one with apt where there is none (root on Debian).
 * @throws Error that says how to get one
 */
export async function startRedis(port?: number): Promise<RedisServer> {
  const server = findServer() ?? (await installServer());
  const used = port ?? (await findFreePort());
  const folder = mkdtempSync(join(tmpdir(), 's2s-redis-'));
  const child = startServer(server, used, folder);
  const url = `redis://127.0.0.1:${String(used)}`;
  await assertAnswers(url);
  return {
    url,
    port: used,
    process: child,
    stop: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server of the PATH. */
export function findServer(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = ['redis-server', 'valkey-server'].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  );
  return candidates.find((path) => existsSync(path));
}

async function installServer(): Promise<string> {
  const canInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (!canInstall) throw new Error(howToGetOne('there is no redis-server or valkey-server on the PATH'));
  console.log(
    'No REDIS_URL and no Redis on the PATH: installing redis-server with apt (apt-get install redis-server).',
  );
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await execa('apt-get', ['update', '--quiet'], { stdin: 'ignore', env });
    const packages = ['install', '--yes', '--no-install-recommends', 'redis-server'];
    await execa('apt-get', packages, { stdin: 'ignore', env });
  } catch (error) {
    throw new Error(howToGetOne('apt could not install redis-server'), { cause: error });
  }
  const server = findServer();
  if (server === undefined) throw new Error(howToGetOne('apt installed redis-server outside the PATH'));
  return server;
}

function howToGetOne(reason: string): string {
  return (
    `These tests need a real Redis, and ${reason}. Set REDIS_URL=redis://host:port to use one that runs, ` +
    'or install redis-server (or valkey-server) so that it is on the PATH.'
  );
}

function startServer(server: string, port: number, folder: string): ChildProcess {
  const options = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(server, args, { stdio: 'ignore' });
  // A run that is interrupted must not leave a server behind.
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await Promise.race([gone, sleep(5_000).then(() => child.kill('SIGKILL'))]);
}

export async function assertAnswers(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 100 });
  // Refused connections are expected while the server starts; the time limit tells.
  client.on('error', () => undefined);
  const limit = sleep(START_LIMIT_MS, undefined, { ref: false }).then(() => {
    throw new Error(
      howToGetOne(`the one at ${url} did not answer within ${String(START_LIMIT_MS / 1000)} s`),
    );
  });
  try {
    await Promise.race([client.ping(), limit]);
  } finally {
    client.disconnect();
  }
}
