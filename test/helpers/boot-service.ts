import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { childEnvironment } from './child-environment.ts';
import type { FixtureService } from './fixtures.ts';
import { findFreePort } from './free-port.ts';
import { projectRoot } from './project-root.ts';

const START_LIMIT_MS = 40_000;
const STOP_LIMIT_MS = 10_000;

export interface BootedService {
  readonly origin: string;
  readonly process: ChildProcess;
  /** Asks it to stop. @throws Error when it does not within 10 s */
  stop(): Promise<void>;
}

/** Starts a service of a case as a process of its own and waits until `/health` answers; on a free port unless `env` has one. @throws Error with its output */
export async function bootService(
  root: string,
  service: FixtureService,
  env: Readonly<Record<string, string>>,
): Promise<BootedService> {
  const port = env['PORT'] ?? String(await findFreePort());
  const origin = `http://127.0.0.1:${port}`;
  const own = { PORT: port, HOST: '127.0.0.1', LOG_LEVEL: 'debug', FASTIFY_AUTOLOAD_TYPESCRIPT: '1' };
  // The service's working directory is its own folder: tsx takes the path aliases from the tsconfig there.
  const tsx = pathToFileURL(join(projectRoot, 'node_modules/tsx/dist/loader.mjs')).href;
  const entry = service.entry ?? join(projectRoot, 'test/helpers/serve-plugin.ts');
  const child = spawn(process.execPath, ['--import', tsx, entry], {
    cwd: join(root, service.dir),
    env: childEnvironment({ ...own, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  try {
    await waitUntilHealthy(origin, child);
  } catch {
    child.kill('SIGKILL');
    throw new Error(`${service.dir} did not start:\n${output.join('')}`);
  }
  return { origin, process: child, stop: () => stop(child, service.dir) };
}

async function waitUntilHealthy(origin: string, child: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS;
  while (Date.now() < giveUpAt && child.exitCode === null) {
    // Any answer will do: `--protect all` may ask for a token here, and the case's probes say what must come.
    const answers = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await sleep(100);
  }
  throw new Error('no answer');
}

async function stop(child: ChildProcess, name: string): Promise<void> {
  const giveUpAt = Date.now() + STOP_LIMIT_MS;
  child.kill('SIGTERM');
  while (child.exitCode === null && child.signalCode === null && Date.now() < giveUpAt) await sleep(20);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  throw new Error(`${name} did not stop within ${String(STOP_LIMIT_MS / 1000)} s of SIGTERM`);
}
