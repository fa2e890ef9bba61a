import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { runCache, runCacheSize, withRunCaches } from '../../generators/_engine/model/run-caches.ts';
import { plan } from '../../plopfile.ts';

const root = new URL('../../fixtures/npm-workspaces', import.meta.url).pathname;
const generators = new URL('../../generators/', import.meta.url);

describe('withRunCaches', () => {
  const cache = runCache<string, number>();

  it('forgets when the last of the runs that overlap has ended, also when it fails', async () => {
    const inner = async (): Promise<number> => {
      await withRunCaches(() => Promise.resolve(cache.set('inner', 1)));
      return cache.size;
    };
    expect(await withRunCaches(inner)).toBe(1);
    expect(cache.size).toBe(0);
    const failing = withRunCaches(() => {
      cache.set('failing', 1);
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    expect(cache.size).toBe(0);
  });
});

describe('a process that plans again and again', () => {
  it('keeps nothing of a repository between two runs', async () => {
    const planned = await plan('add-s2s', { target: 'user', protect: 'usersRoutes', allowDirty: true }, root);
    expect(planned).toMatchObject({ ok: true });
    expect(runCacheSize()).toBe(0);
  });

  it('plans the same when two runs overlap', async () => {
    const once = (): ReturnType<typeof plan> =>
      plan('add-service-client', { target: ['user'], allowDirty: true }, root);
    const [one, two] = await Promise.all([once(), once()]);
    expect(one).toEqual(two);
    expect(runCacheSize()).toBe(0);
  });

  it('has no other state than what is bounded by the pack or by what is under way', () => {
    const state = /^(?:export )?(?:let (\w+)|const (\w+)[^=\n]* = new (?:Map|Set)(?:<.*>)?\(\))/gm;
    const files = readdirSync(generators, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const found = files.flatMap((file) => {
      const text = readFileSync(new URL(file, generators), 'utf8');
      return [...text.matchAll(state)].map(
        ([, first, second]) => `${/[\w-]+\.ts$/.exec(file)?.[0] ?? ''} ${first ?? second ?? ''}`,
      );
    });
    expect(found.sort()).toEqual([
      // Runs of this process that write.
      'recover.ts running',
      // Released versions that the package carries.
      'released.ts loaded',
      // Templates of the pack.
      'render.ts loaded',
      'render.ts modules',
      'run-caches.ts running',
      // Two numbers.
      'tree.ts left',
      'tree.ts parsedChars',
    ]);
  });
});
