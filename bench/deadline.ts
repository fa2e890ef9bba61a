import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';

import { type ClientModule, loadRendered } from './modules.ts';
import { median } from './rounds.ts';
import type { Section } from './section.ts';

const calls = 1_000;
const timeoutMs = 100;
const withinMs = 20;

/** How long after the deadline of a call the server sees its socket closed, and what becomes of the neighbours. */
export async function benchDeadline(): Promise<Section> {
  const { ServiceClient } = await loadRendered<ClientModule>('core', 'service-client');
  const late: number[] = [];
  const { server, origin } = await listen(late);
  const circuitBreakerOptions = { failureThreshold: 1_000_000 };
  const client = new ServiceClient({ baseUrl: origin, retry: false, circuitBreakerOptions });
  let healthy = 0;
  for (let batch = 0; batch < calls; batch += 20) {
    const slow = Array.from({ length: 20 }, () =>
      client.post('/slow', {}, { timeout: timeoutMs }).catch(() => undefined),
    );
    // Begins with the others and ends after their deadline.
    const neighbours = Array.from({ length: 5 }, () => client.post('/later', {}, { timeout: 5_000 }));
    await Promise.all(slow);
    for (const result of await Promise.allSettled(neighbours))
      healthy += result.status === 'fulfilled' ? 1 : 0;
  }
  await client.close();
  server.close();
  const inTime = late.filter((ms) => ms <= withinMs).length;
  const neighbourCalls = (calls / 20) * 5;
  const sorted = [...late].sort((a, b) => a - b);
  return {
    title: 'Deadline',
    intro:
      `${String(calls)} calls with a deadline of ${String(timeoutMs)} ms to a server that never answers, 20 at once, ` +
      'beside 5 that are answered after it: when the server sees the socket closed.',
    head: ['sockets closed', 'median', 'p99', 'worst'],
    rows: [
      [
        String(late.length),
        `${median(late).toFixed(1)} ms`,
        `${(sorted[Math.floor(sorted.length * 0.99)] ?? NaN).toFixed(1)} ms`,
        `${(sorted.at(-1) ?? NaN).toFixed(1)} ms`,
      ],
    ],
    goals: [
      {
        what: `socket closed within ${String(withinMs)} ms`,
        goal: `${String(calls)} of ${String(calls)}`,
        reached: `${String(inTime)} of ${String(calls)}`,
        holds: inTime === calls,
      },
      {
        what: 'neighbours answered',
        goal: `${String(neighbourCalls)} of ${String(neighbourCalls)}`,
        reached: `${String(healthy)} of ${String(neighbourCalls)}`,
        holds: healthy === neighbourCalls,
      },
    ],
  };
}

/** Notes for each request to /slow how long after its deadline the socket was closed. */
async function listen(late: number[]): Promise<{ server: Server; origin: string }> {
  const answer = (socket: Socket): void => {
    let startedAt = 0;
    let isSlow = false;
    socket.on('data', (chunk) => {
      const [line = ''] = chunk.toString('latin1').split('\r\n', 1);
      if (!/^[A-Z]+ \//u.test(line)) return;
      startedAt = performance.now();
      isSlow = line.includes('/slow');
      if (isSlow) return;
      setTimeout(() => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
      }, timeoutMs * 1.5);
    });
    socket.on('close', () => {
      if (isSlow) late.push(performance.now() - startedAt - timeoutMs);
    });
    socket.on('error', () => undefined);
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}
