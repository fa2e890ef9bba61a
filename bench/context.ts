import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { projectRoot } from '../test/helpers/project-root.ts';
import { renderMiddleware } from './middleware-module.ts';
import { roundOf } from './route.ts';
import { interleave, median, pairedRatio } from './rounds.ts';
import { ratioGoal, type Section } from './section.ts';
import { startServer, type ServerProcess } from './server-process.ts';

/** Each process settles at a speed of its own: every start counts a few rounds. */
const starts = 5;
const roundsPerStart = 3;
const hops = 5;
const waitMs = 300;
/** A caller without context is waited for until the calls end by themselves: ten seconds each. */
const samples = { with: 200, without: 2 };

const bare = 'middleware, claim cache';
const copy = `${bare}, again (A/A)`;
const floor = `${bare}, AsyncLocalStorage alone`;
const part = `${bare}, request context`;
const folder = join(projectRoot, '.rendered', 'bench-core');
const contextFile = join(folder, 'request-context.js');
const contextFiles: Readonly<Record<string, string>> = {
  [floor]: join(projectRoot, 'bench/context-floor.mjs'),
  [part]: contextFile,
};
const guards = [bare, copy, floor, part];

/** What the hook costs a route that makes no call, and what it saves when the first of five callers hangs up. */
export async function benchContext(): Promise<Section> {
  const costs = new Map<string, number[]>();
  const cpu = new Map<string, number[]>();
  for (let start = 0; start < starts; start += 1) await measureRoute(costs, cpu);
  const ratio = (name: string): number => pairedRatio(costs.get(bare) ?? [], costs.get(name) ?? []);
  const left = { with: await measureLeft(true), without: await measureLeft(false) };
  const p99 = left.with[Math.ceil(left.with.length * 0.99) - 1] ?? NaN;
  return {
    title: 'Request context',
    intro:
      `Requests a second of a small authenticated GET that makes no call, medians of ${String(starts * roundsPerStart)} ` +
      `interleaved rounds over ${String(starts)} starts of every process. Over ${String(hops)} services in a row, in ` +
      `processes of their own, and a leaf that does not answer, the first caller hangs up after ${String(waitMs)} ms: ` +
      `the leaf's connection was closed ${median(left.with).toFixed(1)} ms later (p99 ${p99.toFixed(1)} ms of ` +
      `${String(left.with.length)}), and ${median(left.without).toFixed(0)} ms later without the context. ` +
      `AsyncLocalStorage alone is the floor of any context: the platform's own price of telling requests apart.`,
    head: ['guard', 'requests/s', `share of ${bare}`, 'CPU µs/request'],
    rows: guards.map((name) => [
      name,
      (1e6 / median(costs.get(name) ?? [])).toFixed(0),
      ratio(name).toFixed(2),
      median(cpu.get(name) ?? []).toFixed(1),
    ]),
    goals: [
      ratioGoal('authenticated route, with context / without', ratio(part), { least: 0.97 }),
      ratioGoal('the same, over its floor', ratio(part) / ratio(floor), { least: 0.97 }),
      {
        what: 'work left behind over five hops, p99',
        goal: '≤ 50 ms',
        reached: `${p99.toFixed(1)} ms`,
        holds: p99 <= 50,
      },
    ],
  };
}

async function measureRoute(costs: Map<string, number[]>, cpu: Map<string, number[]>): Promise<void> {
  const auth = await startServer('./echo-server.ts');
  const middleware = await renderMiddleware(true);
  const servers: ServerProcess[] = [auth];
  const contenders = [];
  for (const name of guards) {
    const context = contextFiles[name] ?? '';
    const server = await startServer('./user-server.ts', 'cached', auth.origin, middleware, context);
    servers.push(server);
    const cpuUs = cpu.get(name) ?? [];
    cpu.set(name, cpuUs);
    contenders.push({ name, round: await roundOf(server, { tokens: 100, status: 200 }, cpuUs) });
  }
  for (const [name, values] of await interleave(contenders, roundsPerStart))
    costs.set(name, [...(costs.get(name) ?? []), ...values]);
  for (const server of servers) server.stop();
}

/** Milliseconds from the hanging up of the first caller to the end of the last call, sorted. */
async function measureLeft(isContext: boolean): Promise<readonly number[]> {
  const arrived: IncomingMessage[] = [];
  const leaf = createServer((received) => arrived.push(received));
  await new Promise<void>((resolve) => leaf.listen(0, '127.0.0.1', resolve));
  let origin = `http://127.0.0.1:${String((leaf.address() as AddressInfo).port)}`;
  const servers: ServerProcess[] = [];
  for (let hop = 0; hop < hops; hop += 1) {
    const context = isContext ? [contextFile] : [];
    const server = await startServer(
      './hop-server.ts',
      origin,
      join(folder, 'service-client.js'),
      ...context,
    );
    servers.push(server);
    origin = server.origin;
  }
  const leftMs: number[] = [];
  for (let sample = 0; sample < (isContext ? samples.with : samples.without); sample += 1) {
    arrived.length = 0;
    const caller = request(origin, { agent: false }).on('error', () => undefined);
    caller.end();
    await sleep(waitMs);
    const [first] = arrived;
    if (first === undefined) throw new Error('The call has not reached the leaf');
    const closed = once(first.socket, 'close');
    const gaveUpAt = performance.now();
    caller.destroy();
    await closed;
    leftMs.push(performance.now() - gaveUpAt);
  }
  for (const server of servers) server.stop();
  leaf.close();
  return leftMs.sort((a, b) => a - b);
}
