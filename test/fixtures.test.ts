import { join } from 'node:path';

import { describe, expect, inject, it } from 'vitest';

import { compileService } from './helpers/compile-service.ts';
import { type Fixture, fixtures, type FixtureName } from './helpers/fixtures.ts';
import { deleteGeneratedRepo } from './helpers/generated-repo.ts';
import { materialize } from './helpers/materialize.ts';
import { probeServices } from './helpers/probe-services.ts';
import { runServiceTests } from './helpers/run-service-tests.ts';
import { sampled } from './helpers/sampled.ts';
import { readTree } from './helpers/tree.ts';

const all = Object.keys(fixtures) as FixtureName[];

describe.concurrent('the fixture', () => {
  it.each(sampled(all, 1))('%s compiles, boots, lets ada in and passes its own tests', async (name) => {
    const fixture: Fixture = fixtures[name];
    const root = materialize(`fixture-${name}`, { fixture: name, args: [] });
    for (const { dir, tsconfig = 'tsconfig.json' } of fixture.services)
      expect(compileService(join(root, dir, tsconfig))).toEqual([]);

    const probes = fixture.services.map(({ dir }) => {
      return { service: dir, path: '/health', login: 'bearer', status: 200 } as const;
    });
    const answers = await probeServices(root, fixture, probes, inject('redisUrl'));
    expect(answers.map(({ status }) => status)).toEqual(probes.map(() => 200));

    for (const { dir } of fixture.services) {
      const folder = join(root, dir);
      const tests = [...readTree(folder).keys()].filter((path) => path.endsWith('.test.ts'));
      const run = await runServiceTests(fixture.runner, folder, tests, inject('redisUrl'));
      expect(run.failure).toBe('');
    }
    deleteGeneratedRepo(`fixture-${name}`);
  });
});
