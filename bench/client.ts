import { clientsOf } from './clients.ts';
import { drive, type Load } from './load.ts';
import { interleave, median, pairedRatio } from './rounds.ts';
import { type Goal, ratioGoal, type Section } from './section.ts';
import { startServer } from './server-process.ts';

const rounds = 15;
const inFlight = 50;
const perRound = 2_000;
const pool = 'undici Pool.request + body.json()';
const copy = `${pool}, again (A/A)`;
const ours = 'ServiceClient';
const oursFetch = 'ServiceClient --transport fetch';
const major = Number(process.versions.node.split('.')[0]);

/** A small JSON POST to a Fastify in another process. */
export async function benchClient(): Promise<Section> {
  const server = await startServer('./echo-server.ts');
  const clients = await clientsOf(server.origin);
  const loads = new Map<string, Load[]>();
  const contenders = Object.entries(clients.calls).map(([name, call]) => ({
    name,
    round: async () => {
      const load = await drive(perRound, inFlight, call);
      loads.set(name, [...(loads.get(name) ?? []), load]);
      return 1e6 / load.requestsPerSecond;
    },
  }));
  const costs = await interleave(contenders, rounds);
  await clients.close();
  server.stop();
  const cpu = (name: string): number[] => (loads.get(name) ?? []).slice(-rounds).map(({ cpuUs }) => cpuUs);
  const faster = (name: string, than: string): number =>
    pairedRatio(costs.get(than) ?? [], costs.get(name) ?? []);
  const spread = Math.abs(1 - faster(copy, pool));
  const cpuSpread = Math.abs(1 - pairedRatio(cpu(copy), cpu(pool)));
  const least = major > 20 ? 3.5 : 5;
  return {
    title: 'ServiceClient',
    intro:
      `A small JSON POST to a Fastify in another process, ${String(inFlight)} in flight, ${String(perRound)} a ` +
      `round, medians of ${String(rounds)} interleaved rounds. The ServiceClient also checks its breaker, holds a ` +
      'deadline, adds a correlation ID and bounds the answer. A second copy of the peer tells the noise of the run: ' +
      `A/A spread ${(100 * spread).toFixed(1)} % in throughput, ${(100 * cpuSpread).toFixed(1)} % in CPU.`,
    head: ['client', 'requests/s', `× ${pool}`, 'CPU µs/request'],
    rows: Object.keys(clients.calls).map((name) => [
      name,
      (1e6 / median(costs.get(name) ?? [])).toFixed(0),
      faster(name, pool).toFixed(2),
      median(cpu(name)).toFixed(0),
    ]),
    goals: [
      within(
        ratioGoal('throughput: ours / Pool.request', faster(ours, pool), { least: 1 - spread }),
        '≥ 1.0×',
      ),
      within(
        ratioGoal('CPU: ours / Pool.request', pairedRatio(cpu(ours), cpu(pool)), { most: 1 + cpuSpread }),
        '≤ 1.0×',
      ),
      ratioGoal('throughput: ours / global fetch', faster(ours, 'global fetch'), { least }),
      ratioGoal('throughput: ours / axios', faster(ours, 'axios'), { least }),
      within(
        ratioGoal(
          'throughput: fetch variant / fetch that can be cancelled',
          faster(oursFetch, 'global fetch with an AbortController'),
          { least: 0.95 - spread },
        ),
        '≥ 0.95×',
      ),
      within(
        ratioGoal('throughput: fetch variant / global fetch', faster(oursFetch, 'global fetch'), {
          least: 0.95 - spread,
        }),
        '≥ 0.95×',
      ),
    ],
  };
}

/** The goal as it is stated; the A/A spread was allowed for. */
function within(reached: Goal, goal: string): Goal {
  return { ...reached, goal: `${goal}, within the A/A spread` };
}
