import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { hasCode } from '../repo/disk.ts';

/** Who holds a lock, as `pid-thread-start@host`: the start keeps a later process of the same number apart. */
export type LockHolder = string;

const pattern = /^(\d+)-\d+-(\d*)@(.+)$/;

/** This thread of this process. */
export function thisHolder(): LockHolder {
  const { pid } = process;
  return `${String(pid)}-${String(threadId)}-${startOf(pid) ?? ''}@${encodeURIComponent(hostname())}`;
}

/** `gone` is certain; `unknown` is another machine's, or a container's with a name of its own. */
export function stateOfHolder(holder: LockHolder): 'running' | 'gone' | 'unknown' {
  const [, pid, start, host] = pattern.exec(holder) ?? [];
  if (pid === undefined || host !== encodeURIComponent(hostname())) return 'unknown';
  if (!isAlive(Number(pid))) return 'gone';
  const now = startOf(Number(pid));
  // Without /proc the number alone has to do.
  return start === '' || now === undefined || now === start ? 'running' : 'gone';
}

/** `process 123 on build-7`, for a message. */
export function nameOfHolder(holder: LockHolder): string {
  const [, pid, , host] = pattern.exec(holder) ?? [];
  return pid === undefined || host === undefined
    ? 'an unknown process'
    : `process ${pid} on ${decodeURIComponent(host)}`;
}

/** When a process began, in clock ticks since the system did; undefined where the system does not tell. */
function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

/** The fields of /proc/<pid>/stat after the name, which may hold spaces itself: state first. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
  // Killed, and its parent has not asked for it yet.
  return statOf(pid)?.[0] !== 'Z';
}
