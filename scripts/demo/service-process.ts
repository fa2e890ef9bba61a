import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { StepFailure } from './step-failure.ts';

/** One line of a service's log, as pino writes it. */
export type LogLine = Readonly<{
  service: string;
  level: number;
  /** Epoch milliseconds. */
  time: number;
  message: string;
  fields: Readonly<Record<string, unknown>>;
  raw: string;
}>;

/** A service that runs as a process of its own. */
export type ServiceProcess = Readonly<{
  child: ChildProcess;
  log: readonly LogLine[];
  /** Whatever was written that is no log line: stack traces, mostly. */
  noise: readonly string[];
}>;

export type ServiceLaunch = Readonly<{
  service: string;
  dir: string;
  port: number;
  env: Readonly<Record<string, string>>;
}>;

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;
const running = new Set<ChildProcess>();
const started: ServiceProcess[] = [];

/** A port of the loopback interface that is free now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts `src/server.ts` and waits until `/health` answers. @throws StepFailure after 30 s, or when it exits before */
export async function startService(launch: ServiceLaunch): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/server.ts'], {
    cwd: launch.dir,
    env: { ...process.env, HOST: '127.0.0.1', PORT: String(launch.port), ...launch.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const log: LogLine[] = [];
  const noise: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (raw) => {
      const line = parseLogLine(launch.service, raw);
      if (line === undefined) noise.push(raw);
      else log.push(line);
    });
  }
  const service = { child, log, noise };
  started.push(service);
  await waitUntilHealthy(launch, service);
  return service;
}

function parseLogLine(service: string, raw: string): LogLine | undefined {
  if (!raw.startsWith('{')) return undefined;
  try {
    const fields = JSON.parse(raw) as Record<string, unknown>;
    const message = typeof fields['msg'] === 'string' ? fields['msg'] : '';
    return { service, level: Number(fields['level']), time: Number(fields['time']), message, fields, raw };
  } catch {
    return undefined;
  }
}

async function waitUntilHealthy(launch: ServiceLaunch, { child }: ServiceProcess): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS;
  while (Date.now() < giveUpAt && child.exitCode === null) {
    const healthy = await fetch(`http://127.0.0.1:${String(launch.port)}/health`, {
      signal: AbortSignal.timeout(1_000),
    })
      .then((response) => response.ok)
      .catch(() => false);
    if (healthy) return;
    await sleep(100);
  }
  throw new StepFailure(`${launch.service} did not start`);
}

/** Freezes the process: it still accepts connections and never answers. Windows cannot; there it is killed. */
export function hangService({ child }: ServiceProcess): void {
  child.kill(process.platform === 'win32' ? 'SIGKILL' : 'SIGSTOP');
}

/** Kills the process at once and waits until it is gone. */
export async function killService({ child }: ServiceProcess): Promise<void> {
  child.kill('SIGKILL');
  while (child.exitCode === null && child.signalCode === null) await sleep(20);
}

/** Asks the process to stop and returns its exit code; null when it had to be killed after 5 s. */
export async function stopService(service: ServiceProcess): Promise<number | null> {
  const { child } = service;
  const giveUpAt = Date.now() + STOP_LIMIT_MS;
  child.kill('SIGTERM');
  while (child.exitCode === null && child.signalCode === null && Date.now() < giveUpAt) await sleep(20);
  if (child.exitCode === null && child.signalCode === null) await killService(service);
  return child.exitCode;
}

/** Kills what still runs, without waiting: for the last moment of the demo. */
export function killServicesLeft(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** The last lines that each service wrote, log and stack traces: to tell why a step went wrong. */
export function readLastOutput(lines: number): readonly string[] {
  return started.flatMap(({ log, noise }) => [
    ...log.map((line) => line.raw).slice(-lines),
    ...noise.slice(-lines),
  ]);
}
