import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { projectRoot } from '../helpers/project-root.ts';
import type { Scenario } from './scenarios.ts';

/** Kills itself before the operation of that number, in the midst of it where it is a write. Loads what writes: no compiler. */
const program = (run: 'apply' | 'recover', killAt: number): string => `
import { readFileSync } from 'node:fs';
const engine = ${JSON.stringify(pathToFileURL(join(projectRoot, 'dist/generators/_engine/apply/')).href)};
const { ${run} } = await import(engine + '${run}.js');
const { nodeFiles } = await import(engine + 'file-operations.js');
let count = 0;
const files = Object.fromEntries(Object.entries(nodeFiles).map(([name, operation]) => [name, (...args) => {
  count += 1;
  if (count !== ${String(killAt)}) return operation(...args);
  if (name === 'write') operation(args[0], args[1].subarray(0, args[1].length / 2));
  process.kill(process.pid, 'SIGKILL');
}]));
const root = process.argv[1];
if ('${run}' === 'apply') await apply(JSON.parse(readFileSync(0, 'utf8')), root, { files });
else recover(root, { files });
`;

/** Runs an apply or a recovery in a process of its own; false when it ended before it was killed. @throws Error when it fails */
export async function runKilled(
  run: 'apply' | 'recover',
  killAt: number,
  { plan, root }: Scenario,
): Promise<boolean> {
  const args = ['--input-type=module', '-e', program(run, killAt), root];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  // A recovery reads nothing, and may be gone before all is given.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run === 'apply' ? JSON.stringify({ ...plan, wanted: undefined }) : '');
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL' && code !== 0)
    throw new Error(`${run}, killed at ${String(killAt)}: ${complaint}`);
  return signal === 'SIGKILL';
}
