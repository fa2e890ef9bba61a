import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { loadRendered } from '../../bench/modules.ts';
import { seededRandom } from '../../test/helpers/random.ts';
import { CALLS_PER_SECOND, DEADLINE_MS, type Scenario, type Setting } from './scenarios.ts';

/** `atMs` from the start, `tookMs`, and what became of it. */
export type Call = readonly [atMs: number, tookMs: number, outcome: 'answered' | 'failed' | 'refused'];

export interface Measured {
  readonly scenario: Scenario['name'];
  readonly setting: string;
  readonly calls: readonly Call[];
  /** Requests that reached the service while it was sick. */
  readonly reachedSick: number;
}

interface Client {
  get(path: string): Promise<unknown>;
  close(): Promise<void>;
}
type ClientModule = Readonly<{ ServiceClient: new (options: object) => Client }>;

/** Calls a real server at a steady rate while it goes down and comes back; waits for nothing between two calls. */
export async function measure(scenario: Scenario, setting: Setting): Promise<Measured> {
  const { ServiceClient } = await loadRendered<ClientModule>('full', 'service-client');
  const service = await sickService(scenario);
  const { circuitBreakerOptions } = setting;
  const client = new ServiceClient({
    baseUrl: service.origin,
    timeout: DEADLINE_MS,
    retry: false,
    circuitBreakerOptions,
  });
  const calls: Promise<Call>[] = [];
  const start = performance.now();
  service.begin(start);
  for (let next = 0; next < scenario.endMs; next += 1000 / CALLS_PER_SECOND) {
    await sleep(Math.max(0, start + next - performance.now()));
    calls.push(call(client, start));
  }
  const settled = await Promise.all(calls);
  await client.close();
  service.stop();
  return {
    scenario: scenario.name,
    setting: setting.name,
    calls: settled,
    reachedSick: service.reachedSick(),
  };
}

async function call(client: Client, start: number): Promise<Call> {
  const at = performance.now();
  const outcome = await client.get('/').then(
    () => 'answered' as const,
    (error: unknown) =>
      (error as { readonly kind?: string }).kind === 'circuit_open'
        ? ('refused' as const)
        : ('failed' as const),
  );
  return [Math.round(at - start), Math.round((performance.now() - at) * 10) / 10, outcome];
}

/** Answers within 5 ms; while it is sick it does not answer at all, or with 500. */
async function sickService({ name, sickShare, sickFromMs, sickToMs }: Scenario) {
  const random = seededRandom(1);
  let begun = Infinity;
  let reached = 0;
  const server = createServer((_request, response) => {
    const at = performance.now() - begun;
    const isSick = at >= sickFromMs && at < sickToMs;
    if (isSick) reached += 1;
    const goesWrong = isSick && random() < sickShare;
    if (goesWrong && name === 'hang') return;
    response.writeHead(goesWrong ? 500 : 200, { 'content-type': 'application/json' });
    setTimeout(() => response.end('{}'), 5);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    begin: (at: number) => {
      begun = at;
    },
    reachedSick: () => reached,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
