/** Prints as JSON what 10,000 breakers of one kind take: `node --expose-gc --import tsx bench/memory-probe.ts <kind>`. */
import { setTimeout as sleep } from 'node:timers/promises';

import { newBreaker } from './breakers.ts';

const count = 10_000;
const [, , kind = ''] = process.argv;
const create = newBreaker(kind);

/** Each has been used, so that nothing is left to be allocated later. */
async function fill(): Promise<readonly unknown[]> {
  const breakers: unknown[] = [];
  for (let index = 0; index < count; index += 1) breakers.push(await create());
  return breakers;
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const warm = await fill();
const before = heap();
const kept = await fill();
const bytes = (heap() - before) / count - 8;
const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const cpu = process.cpuUsage();
await sleep(2_000);
const { user, system } = process.cpuUsage(cpu);
const idleCpu = (user + system) / 2_000_000;
console.log(JSON.stringify({ bytes, timers, idleCpu, held: warm.length + kept.length }));
process.exit(0);
