import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from './service-process.ts';
import { CIRCUIT_LOG_MESSAGE } from './tuning.ts';

const LOG_LIMIT_MS = 500;

/**
 * The state of the caller's circuit, as its log tells it: the last change, else CLOSED.
 * Waits up to 500 ms for `expected`, because the log comes by another pipe than the response.
 */
export async function readCircuit({ log }: ServiceProcess, expected: string): Promise<string> {
  const giveUpAt = Date.now() + LOG_LIMIT_MS;
  for (;;) {
    const change = log.findLast((line) => line.message === CIRCUIT_LOG_MESSAGE);
    const state = typeof change?.fields['to'] === 'string' ? change.fields['to'] : 'CLOSED';
    if (state === expected || Date.now() > giveUpAt) return state;
    await sleep(20);
  }
}
