import type { TestProject } from 'vitest/node';

import { assertAnswers, startRedis } from './redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A real Redis for this run. */
    readonly redisUrl: string;
  }
}

/**
 * Vitest global setup: gives the run a real Redis and takes it down again. `REDIS_URL` if set, else a server of the
 * PATH, else one installed with apt (root on Debian). Fails the run when there is none: nothing is skipped.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['REDIS_URL'];
  if (given !== undefined && given !== '') {
    await assertAnswers(given);
    project.provide('redisUrl', given);
    return () => Promise.resolve();
  }
  const server = await startRedis();
  project.provide('redisUrl', server.url);
  return () => server.stop();
}
