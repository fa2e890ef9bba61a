import { setTimeout as sleep } from 'node:timers/promises';

import { startRedis } from '../test/helpers/redis-server.ts';
import { type Fleet, type Instance, openFleet } from '../test/helpers/revocation-fleet.ts';
import type { Section } from './section.ts';

const rounds = 100;
const limitMs = 50;
const sizes = [1, 5, 20] as const;

/** How long it takes from the call of revoke() until every process of a service has forgotten the cached claims. */
export async function benchRevocation(): Promise<Section> {
  const redis = await startRedis();
  const fleet = await openFleet('bench-revocation', redis.url);
  // An empty log has no position to follow it from.
  await fleet.auth.tokenBlacklist.revoke(fleet.auth.jwt.sign({ sub: 'usr_ada' }, { expiresIn: '5m' }));
  const rows: string[][] = [];
  const instances: Instance[] = [];
  let p99 = NaN;
  for (const size of sizes) {
    instances.push(...(await fleet.start(size - instances.length)));
    while (!instances.every((instance) => instance.listened() > 0)) await sleep(10);
    for (let round = 0; round < 10; round += 1) await revokeOnce(fleet, instances);
    const delays: number[] = [];
    const last: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const found = await revokeOnce(fleet, instances);
      delays.push(...found);
      last.push(Math.max(...found));
    }
    p99 = at(delays, 0.99);
    const figures = [at(delays, 0.5), p99, Math.max(...delays), at(last, 0.5)];
    rows.push([String(size), String(delays.length), ...figures.map((ms) => ms.toFixed(1))]);
  }
  await fleet.stop();
  await redis.stop();
  return {
    title: 'A revocation reaches every cache',
    intro:
      `Milliseconds from the call of revoke() in the auth service until a process of a service, which has cached the ` +
      `claims, has forgotten them; ${String(rounds)} revocations one after another, a real Redis, all on one machine.`,
    head: ['instances', 'messages', 'median', 'p99', 'longest', 'median until the last instance'],
    rows,
    goals: [
      {
        what: '20 instances: p99',
        goal: `≤ ${String(limitMs)} ms`,
        reached: `${p99.toFixed(1)} ms`,
        holds: p99 <= limitMs,
      },
    ],
  };
}

let serial = 0;

/** Every instance has cached the token before. Gives the milliseconds that each took. */
async function revokeOnce(
  { auth, keyOf }: Fleet,
  instances: readonly Instance[],
): Promise<readonly number[]> {
  serial += 1;
  const claims = { sub: 'usr_ada', email: 'ada@acme.test', serial };
  const token = auth.jwt.sign(claims, { expiresIn: '5m' });
  const key = keyOf(token);
  for (const { origin } of instances) {
    const { status } = await fetch(`${origin}/me`, { headers: { authorization: `Bearer ${token}` } });
    if (status !== 200) throw new Error(`${origin} answered ${String(status)}`);
  }
  const startedAt = process.hrtime.bigint();
  await auth.tokenBlacklist.revoke(token);
  while (!instances.every((instance) => instance.toldAt(key) !== undefined)) await sleep(1);
  return instances.map((instance) => Number((instance.toldAt(key) ?? startedAt) - startedAt) / 1e6);
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
}
