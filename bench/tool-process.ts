import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What one cold run of a command cost. */
export interface ProcessCost {
  readonly wallMs: number;
  /** Most memory that it held. */
  readonly peakMb: number;
}

/** Prints the peak of a process when it ends; loaded before what is measured. */
const reportPeak =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('\\nPEAK '+process.resourceUsage().maxRSS+'\\n'))";

/** Runs node on `args` in a folder, from nothing to its end. @throws Error when it does not end with 0 */
export async function measureNode(folder: string, args: readonly string[]): Promise<ProcessCost> {
  const start = process.hrtime.bigint();
  const child = spawn(process.execPath, ['--import', reportPeak, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${String(code)}: ${errors}`);
  return { wallMs, peakMb: Number(/PEAK (\d+)/.exec(errors)?.[1] ?? NaN) / 1024 };
}
