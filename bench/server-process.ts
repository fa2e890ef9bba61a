import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { projectRoot } from '../test/helpers/project-root.ts';
import { compile } from './modules.ts';

/** A server of a bench in a process of its own. */
export interface ServerProcess {
  readonly origin: string;
  readonly process: ChildProcess;
  stop(): void;
}

/**
 * Starts a module of this folder that sends its port to its parent once it listens. It is compiled first: a loader and
 * its compiler in the process would be part of what is measured.
 */
export async function startServer(file: string, ...args: readonly string[]): Promise<ServerProcess> {
  const child = fork(compiled(file), args, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    process: child,
    stop: () => child.kill('SIGKILL'),
  };
}

function compiled(file: string): string {
  const folder = join(projectRoot, '.rendered', 'bench-servers');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, basename(file, '.ts') + '.mjs');
  writeFileSync(path, compile(readFileSync(new URL(file, import.meta.url), 'utf8')));
  return path;
}
