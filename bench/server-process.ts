import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server of a bench in a process of its own. */
export interface ServerProcess {
  readonly origin: string;
  readonly process: ChildProcess;
  stop(): void;
}

/** Starts a module of this folder that sends its port to its parent once it listens. */
export async function startServer(file: string, ...args: readonly string[]): Promise<ServerProcess> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, args, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    process: child,
    stop: () => child.kill('SIGKILL'),
  };
}
