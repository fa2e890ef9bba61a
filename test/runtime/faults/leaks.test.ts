import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { coreVariant, renderVariant } from '../render-variant.ts';
import type { ServiceClientModule } from './client-module.ts';
import { answer, startRawServer } from './raw-server.ts';
import { sampled } from '../../helpers/sampled.ts';

const slackBytes = 3_000_000;
const calls = process.env['S2S_DEEP'] === '1' ? 100_000 : 10_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Bytes in use once no more is let go of, or once they are at most `enough`: weak references and finalizers need more
 * than one turn, on a busy machine many more. What is leaked never goes.
 */
async function heapUsed(enough: number): Promise<number> {
  let used = Infinity;
  for (let turn = 0; turn < 100 && used > enough; turn += 1) {
    collect();
    await sleep(50);
    used = Math.min(used, process.memoryUsage().heapUsed);
    if (enough === 0 && turn === 20) break;
  }
  return used;
}

/** Answers, errors, broken bodies and dropped connections in turn. */
async function startMixedServer(): ReturnType<typeof startRawServer> {
  return startRawServer((request) => {
    const kind = request.index % 50;
    if (kind === 0) request.socket.destroy();
    else if (kind === 1) answer(request, 503, 'busy', { 'content-type': 'text/plain' });
    else if (kind === 2) answer(request, 200, '{"broken":');
    else if (kind === 3) answer(request, 404);
    else if (kind !== 4) answer(request, 200);
  });
}

it.each(sampled(['undici', 'fetch'] as const, 1))(
  `keeps nothing of many mixed calls on %s`,
  async (transport) => {
    const folder = renderVariant(`leaks-${transport}`, { ...coreVariant, transport });
    const { ServiceClient } = (await import(
      new URL('service-client.ts', folder).href
    )) as ServiceClientModule;
    const server = await startMixedServer();
    const circuitBreakerOptions = { failureThreshold: 1_000_000_000 };
    const client = new ServiceClient({
      baseUrl: server.origin,
      timeout: 40,
      retry: false,
      circuitBreakerOptions,
    });
    const signals = Array.from({ length: 50 }, () => new AbortController().signal);
    const timersBefore = countTimers();
    const many = async (count: number): Promise<void> => {
      const lane = async (signal: AbortSignal): Promise<void> => {
        for (let call = 0; call < count / 50; call += 1) {
          await client.post('/mixed', { call }, { signal }).catch(() => undefined);
          // The raw server keeps the head of each request.
          (server.heads as string[]).length = 0;
        }
      };
      await Promise.all(signals.map(lane));
    };
    const share = transport === 'fetch' ? 4 : 1;
    await many(calls / share / 2);
    const before = await heapUsed(0);
    await many(calls / share);
    const most = transport === 'fetch' ? 1_000 : slackBytes / calls;
    const measured = await heapUsed(before + (most * calls) / share - 1);
    const grown = (measured - before) / (calls / share);

    // A megabyte or two is what a heap wavers by, and Node's own fetch lets go late: a call that is kept, with its
    // request, its answer and its promises, would leave several thousand bytes.
    expect(grown, 'bytes of heap a call').toBeLessThan(most);
    expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
    await client.close();
    await expect.poll(countTimers).toBeLessThanOrEqual(timersBefore + 1);
    await server.close();
  },
  300_000,
);

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
