import { runCommand } from './run-command.ts';

/** Runs a generator in a process of its own and prints what it took: CPU and wall time in ms, peak memory in bytes. */
const [root = '', generator = '', ...args] = process.argv.slice(2);
const startedAt = performance.now();
const plan = await runCommand({ generator, args }, root);
const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({
    wallMs: performance.now() - startedAt,
    cpuMs: (userCPUTime + systemCPUTime) / 1_000,
    peakBytes: maxRSS * 1_024,
    edits: plan.edits.length,
  }),
);
