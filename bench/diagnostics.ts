import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { drive } from './load.ts';
import { type ClientModule, loadRendered } from './modules.ts';
import { interleave, median, pairedRatio } from './rounds.ts';
import { ratioGoal, type Section } from './section.ts';
import { startServer } from './server-process.ts';

const rounds = 15;
const inFlight = 50;
const perRound = 6_000;
const channels = ['start', 'attempt', 'retry', 'end', 'refuse'].map((name) => `service-client:${name}`);
const body = { token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl' };
const bare = 'ServiceClient without the part';
const copy = `${bare}, again (A/A)`;
const quiet = '`--with diagnostics`, nobody listens';
const heard = '`--with diagnostics`, a listener on each channel';

/** What the channels cost: the client without them, with them, and with somebody at the other end. */
export async function benchDiagnostics(): Promise<Section> {
  const server = await startServer('./echo-server.ts');
  const clients = await Promise.all(
    ['core', 'core', 'diagnostics', 'diagnostics'].map(async (variant) => {
      const { ServiceClient } = await loadRendered<ClientModule>(variant, 'service-client');
      return new ServiceClient({ baseUrl: server.origin });
    }),
  );
  const contenders = [bare, copy, quiet, heard].map((name, index) => ({
    name,
    round: async () => {
      const client = clients[index];
      if (name === heard) for (const channel of channels) subscribe(channel, listen);
      const load = await drive(perRound, inFlight, async () => client?.post('/auth/verify', body));
      for (const channel of channels) unsubscribe(channel, listen);
      return load.cpuUs;
    },
  }));
  const costs = await interleave(contenders, rounds);
  for (const client of clients) await client.close();
  server.stop();
  const ratio = (name: string): number => pairedRatio(costs.get(name) ?? [], costs.get(bare) ?? []);
  const spread = Math.abs(1 - ratio(copy));
  return {
    title: 'Diagnostics channels',
    intro:
      `CPU of the caller for a small JSON POST, ${String(inFlight)} in flight, ${String(perRound)} a round, medians ` +
      `of ${String(rounds)} interleaved rounds; A/A spread ${(100 * spread).toFixed(1)} %.`,
    head: ['client', 'CPU µs/request', `× ${bare}`],
    rows: contenders.map(({ name }) => [
      name,
      median(costs.get(name) ?? []).toFixed(0),
      ratio(name).toFixed(2),
    ]),
    goals: [
      {
        ...ratioGoal('CPU: nobody listens / without the part', ratio(quiet), { most: 1.02 + spread }),
        goal: '≤ 1.02×, within the A/A spread',
      },
    ],
  };
}

function listen(): void {
  // What a listener does is its own affair.
}
