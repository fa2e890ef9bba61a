import { performance } from 'node:perf_hooks';

import { testCase as ioredis } from '../test/cases/add-auth-verify/npm-workspaces/case.ts';
import { testCase as nodeRedis } from '../test/cases/add-auth-verify/node-redis/case.ts';
import { startRedis } from '../test/helpers/redis-server.ts';
import { generateAuthService, newToken, statusOf } from '../test/runtime/faults/auth-service.ts';
import { median } from './rounds.ts';
import type { Goal, Section } from './section.ts';

const requests = 200;
const limitMs = 100;

/** How long a verification waits for a Redis that is frozen or killed, on both clients. */
export async function benchRedis(): Promise<Section> {
  const rows: string[][] = [];
  const goals: Goal[] = [];
  for (const [client, testCase] of [['ioredis', ioredis] as const, ['node-redis', nodeRedis] as const]) {
    const redis = await startRedis();
    const start = await generateAuthService(`bench-redis-${client}`, testCase);
    const app = await start(redis.url);
    while ((await statusOf(app, newToken(app))) !== 200)
      await new Promise((resolve) => setTimeout(resolve, 50));
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      redis.process.kill(signal);
      // Until the first refusal: a command may be under way.
      await statusOf(app, newToken(app));
      const times: number[] = [];
      let refused = 0;
      for (let request = 0; request < requests; request += 1) {
        const token = newToken(app);
        const startedAt = performance.now();
        refused += (await statusOf(app, token)) === 503 ? 1 : 0;
        times.push(performance.now() - startedAt);
      }
      const p99 = [...times].sort((a, b) => a - b)[Math.floor(requests * 0.99)] ?? NaN;
      const state = signal === 'SIGSTOP' ? 'frozen' : 'killed';
      rows.push([
        client,
        state,
        `${String(refused)} of ${String(requests)}`,
        median(times).toFixed(1),
        p99.toFixed(1),
      ]);
      goals.push({
        what: `${client}, ${state}: 503, p99`,
        goal: `≤ ${String(limitMs)} ms`,
        reached: `${p99.toFixed(1)} ms`,
        holds: p99 <= limitMs && refused === requests,
      });
    }
    await app.close();
    await redis.stop();
  }
  return {
    title: 'A Redis that does not answer',
    intro: `${String(requests)} verifications one after another, in milliseconds each.`,
    head: ['client', 'Redis', '503', 'median', 'p99'],
    rows,
    goals,
  };
}
