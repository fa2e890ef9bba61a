import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { execa } from 'execa';
import { Redis } from 'ioredis';
import type { TestProject } from 'vitest/node';

import { findFreePort } from './free-port.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A real Redis for this run. */
    readonly redisUrl: string;
  }
}

const START_LIMIT_MS = 10_000;

/**
 * Vitest global setup: gives the run a real Redis and takes it down again. `REDIS_URL` if set, else a server of the
 * PATH, else one installed with apt (root on Debian). Fails the run when there is none: nothing is skipped.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['REDIS_URL'];
  if (given !== undefined && given !== '') {
    await assertAnswers(given);
    project.provide('redisUrl', given);
    return () => Promise.resolve();
  }
  const server = findServer() ?? (await installServer());
  const port = await findFreePort();
  const folder = mkdtempSync(join(tmpdir(), 's2s-redis-'));
  const child = startServer(server, port, folder);
  const url = `redis://127.0.0.1:${String(port)}`;
  await assertAnswers(url);
  project.provide('redisUrl', url);
  return async () => {
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  };
}

function findServer(): string | undefined {
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

async function assertAnswers(url: string): Promise<void> {
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
