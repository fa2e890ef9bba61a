import { once } from 'node:events';

import { Pool } from 'undici';

import { drive } from './load.ts';
import { renderMiddleware } from './middleware-module.ts';
import { type Contender, interleave, median, pairedRatio } from './rounds.ts';
import { ratioGoal, type Section } from './section.ts';
import { startServer, type ServerProcess } from './server-process.ts';

/** Each process settles at a speed of its own, by what its compiler saw first: every start counts a few rounds. */
const starts = 5;
const roundsPerStart = 3;
const inFlight = 50;
const perRound = 5_000;

interface Route {
  readonly guard: string;
  readonly tokens: number;
  readonly status: number;
  /** The hook that does no more than what cannot be left out. */
  readonly floor?: string;
}

const free = 'no authentication';
const correlated = 'a bare hook that sets X-Correlation-ID';
const shared = 'a bare hook, one undici request per token in flight, 5 hot tokens';
const refused = 'a bare hook that answers the same 503';

const routes: Readonly<Record<string, Route>> = {
  [free]: { guard: 'none', tokens: 100, status: 200 },
  'fetch per request': { guard: 'fetch', tokens: 100, status: 200 },
  'middleware, 100 tokens': { guard: 'plain', tokens: 100, status: 200 },
  [shared]: { guard: 'share', tokens: 5, status: 200 },
  'middleware, 5 hot tokens': { guard: 'plain', tokens: 5, status: 200, floor: shared },
  [correlated]: { guard: 'correlate', tokens: 100, status: 200 },
  'middleware, claim cache, 100 tokens': { guard: 'cached', tokens: 100, status: 200, floor: correlated },
  [refused]: { guard: 'refuse', tokens: 100, status: 503 },
  'middleware, circuit open': { guard: 'down', tokens: 100, status: 503, floor: refused },
};

/** A route of one service, guarded by another one: three processes share the machine. */
export async function benchRoute(): Promise<Section> {
  const costs = new Map<string, number[]>();
  const cpu = new Map<string, number[]>();
  for (let start = 0; start < starts; start += 1) await measureOnce(costs, cpu);
  const share = (name: string, of: string): number => pairedRatio(costs.get(of) ?? [], costs.get(name) ?? []);
  return {
    title: 'Authenticated route',
    intro,
    head: [
      'guard',
      'requests/s',
      'share of the unauthenticated route',
      'share of its floor',
      'CPU µs/request',
    ],
    rows: Object.entries(routes).map(([name, { floor }]) => [
      name,
      (1e6 / median(costs.get(name) ?? [])).toFixed(0),
      share(name, free).toFixed(2),
      floor === undefined ? '' : share(name, floor).toFixed(2),
      median(cpu.get(name) ?? []).toFixed(1),
    ]),
    goals: [
      ratioGoal('uncached / fetch per request', share('middleware, 100 tokens', 'fetch per request'), {
        least: 2.5,
      }),
      ratioGoal('5 hot tokens / unauthenticated', share('middleware, 5 hot tokens', free), { least: 0.65 }),
      ratioGoal('cached / unauthenticated', share('middleware, claim cache, 100 tokens', free), {
        least: 0.85,
      }),
      ratioGoal('circuit open / unauthenticated', share('middleware, circuit open', free), { least: 0.93 }),
    ],
  };
}

/** Starts all servers anew, and adds microseconds for each request of each round, by contender. */
async function measureOnce(costs: Map<string, number[]>, cpu: Map<string, number[]>): Promise<void> {
  const auth = await startServer('./echo-server.ts');
  const middleware = { plain: await renderMiddleware(false), cached: await renderMiddleware(true) };
  const files: Readonly<Record<string, string>> = { ...middleware, down: middleware.plain };
  const servers: ServerProcess[] = [auth];
  const contenders: Contender[] = [];
  for (const [name, route] of Object.entries(routes)) {
    const origin = route.guard === 'down' ? nobody : auth.origin;
    const server = await startServer('./user-server.ts', route.guard, origin, files[route.guard] ?? '');
    servers.push(server);
    contenders.push({ name, round: await roundOf(server, route, listAt(cpu, name)) });
  }
  for (const [name, values] of await interleave(contenders, roundsPerStart))
    listAt(costs, name).push(...values);
  for (const server of servers) server.stop();
}

function listAt(lists: Map<string, number[]>, name: string): number[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}

const intro =
  `Requests a second of a small GET, ${String(inFlight)} in flight, ${String(perRound)} a round, medians of ` +
  `${String(starts * roundsPerStart)} interleaved rounds over ${String(starts)} starts of every process; load generator, service and auth service share the machine, and the CPU time ` +
  'is that of the service. A bare hook is the floor of the row below it: it does what no guard of that kind can leave ' +
  'out, and nothing else, so what its row lacks is out of reach for any middleware.';

/** A port that refuses connections. */
const nobody = 'http://127.0.0.1:9';

/** A round of requests to a server; adds its CPU microseconds for each to `cpuUs`. */
export async function roundOf(
  { origin, process }: ServerProcess,
  { tokens, status }: Pick<Route, 'tokens' | 'status'>,
  cpuUs: number[],
): Promise<() => Promise<number>> {
  const pool = new Pool(origin, { connections: inFlight });
  const headers = Array.from({ length: tokens }, (_, index) => ({
    authorization: `Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.${String(index).padStart(43, 'A')}`,
  }));
  const call = async (index: number): Promise<number> => {
    const answer = await pool.request({ path: '/me', method: 'GET', headers: headers[index % tokens] ?? {} });
    await answer.body.dump();
    return answer.statusCode;
  };
  // Opens the connections, fills the cache, and trips the circuit where there is nobody to ask.
  for (let index = 0; index < tokens * 2; index += 1) await call(index);
  const last = await call(0);
  if (last !== status) throw new Error(`${origin} answered ${String(last)} instead of ${String(status)}`);
  return async () => {
    const before = await cpuOf(process);
    const { requestsPerSecond } = await drive(perRound, inFlight, call);
    cpuUs.push(((await cpuOf(process)) - before) / perRound);
    return 1e6 / requestsPerSecond;
  };
}

/** Microseconds that a server has used so far. */
async function cpuOf(server: ServerProcess['process']): Promise<number> {
  server.send('cpu');
  const [{ user, system }] = (await once(server, 'message')) as [NodeJS.CpuUsage];
  return user + system;
}
