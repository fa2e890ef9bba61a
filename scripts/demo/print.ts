import picocolors from 'picocolors';

import { hasColour } from '../../generators/_engine/cli/terminal.ts';
import type { Reply } from './request.ts';
import type { LogLine } from './service-process.ts';

const colour = picocolors.createColors(hasColour(process));
const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const ALWAYS_THERE = new Set([
  'level',
  'time',
  'pid',
  'hostname',
  'msg',
  'req',
  'res',
  'reqId',
  'responseTime',
]);

function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints the heading of one act of the story. */
export function printHeading(text: string): void {
  print();
  print(colour.bold(text));
}

/** Prints one plain sentence below a heading. */
export function printNote(text: string): void {
  print(`  ${colour.dim(text)}`);
}

/** Prints a command as the user would type it. */
export function printCommand(command: string): void {
  print(`  ${colour.cyan('$')} ${command}`);
}

/** Prints a unified diff, indented, without the lines that only git reads. */
export function printDiff(diff: string): void {
  for (const line of diff.trimEnd().split('\n')) {
    if (/^(diff --git|index |--- )/.test(line)) continue;
    if (line.startsWith('+++ ')) print(`  ${colour.bold(line.replace('+++ b/', 'M '))}`);
    else if (line.startsWith('@@')) print(`    ${colour.dim(line)}`);
    else if (line.startsWith('+')) print(`    ${colour.green(line)}`);
    else if (line.startsWith('-')) print(`    ${colour.red(line)}`);
    else print(`    ${line}`);
  }
}

/** Prints the list of created files with their length in lines. */
export function printCreated(files: readonly Readonly<{ path: string; lines: number }>[]): void {
  for (const { path, lines } of files) {
    print(`  ${colour.green('A')} ${path.padEnd(68)} ${String(lines).padStart(4)} lines`);
  }
}

/** Prints one request: what was asked, the status, the latency, the correlation ID and, when known, the circuit. */
export function printReply(reply: Reply, circuit: string | undefined, ok: boolean): void {
  const status =
    reply.status < 400 ? colour.green(String(reply.status)) : colour.yellow(String(reply.status));
  const latency = `${reply.latencyMs.toFixed(0)} ms`.padStart(8);
  const correlationId = reply.correlationId.padEnd(circuit === undefined ? 0 : 22);
  const columns = [
    ok ? colour.green('✓') : colour.red('✗'),
    reply.method.padEnd(4),
    reply.target.padEnd(20),
    reply.sent.padEnd(16),
    status,
    latency,
    colour.dim(correlationId),
    ...(circuit === undefined ? [] : [paintCircuit(circuit)]),
    ...(reply.retryAfter === undefined ? [] : [colour.dim(`Retry-After: ${String(reply.retryAfter)}`)]),
  ];
  print(`  ${columns.join('  ').trimEnd()}`);
}

function paintCircuit(circuit: string): string {
  const text = circuit.padEnd('HALF_OPEN'.length);
  if (circuit === 'OPEN') return colour.red(text);
  return circuit === 'HALF_OPEN' ? colour.yellow(text) : colour.green(text);
}

/** Prints log lines of several services, as they came in time, with the fields that are not in every line. */
export function printLogLines(lines: readonly LogLine[]): void {
  for (const line of lines) {
    const fields = Object.entries(line.fields)
      .filter(([key]) => !ALWAYS_THERE.has(key))
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    const time = new Date(line.time).toISOString().slice(11, 23);
    const level = LEVELS[line.level] ?? String(line.level);
    print(
      `  ${colour.dim(time)}  ${line.service.padEnd(12)}  ${level.padEnd(5)}  ${line.message}  ${colour.dim(fields.join(' '))}`,
    );
  }
}

/** Prints how it ended. */
export function printVerdict(ok: boolean, text: string): void {
  print();
  print(ok ? colour.green(`✓ ${text}`) : colour.red(`✗ ${text}`));
}
