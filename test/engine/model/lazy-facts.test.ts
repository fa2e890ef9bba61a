import { describe, expect, it, vi } from 'vitest';

import { lazyFacts, withFacts } from '../../../generators/_engine/model/service.ts';
import { surveyService } from '../../../generators/_engine/facts/app/service.ts';
import { planServiceClient } from '../../../generators/add-service-client/plan.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { manifest } from '../facts/service-of.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

describe('lazyFacts', () => {
  it('finds a fact when it is asked for, once', () => {
    const find = vi.fn(() => 7);
    const facts = lazyFacts<{ readonly port: number }>({ port: find });
    expect(find).not.toHaveBeenCalled();
    expect([facts.port, facts.port]).toEqual([7, 7]);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('lets a fact that failed fail again', () => {
    const facts = lazyFacts<{ readonly port: number }>({
      port: () => {
        throw new RangeError('no port');
      },
    });
    expect(() => facts.port).toThrow(RangeError);
    expect(() => facts.port).toThrow(RangeError);
  });

  it('replaces some facts without finding the others', () => {
    const find = vi.fn(() => 'app.ts');
    const facts = lazyFacts<{ readonly file: string; readonly port: number }>({ file: find, port: () => 1 });
    const other = withFacts(facts, { port: 2 });
    expect(other.port).toBe(2);
    expect(find).not.toHaveBeenCalled();
    expect(other).toEqual({ file: 'app.ts', port: 2 });
  });
});

it('finds seven facts for a client, and nothing of tokens, Redis, routes and guards', async () => {
  const repo = memoryRepo({
    'package.json': manifest({ '@fastify/jwt': '^10.0.0', ioredis: '^5.0.0' }),
    'src/app.ts':
      "import Fastify from 'fastify';\nexport const app = Fastify();\napp.get('/', async () => 1);\n",
  });
  const target = toRel('.');
  const [head] = surveyHeads(repo);
  const service = head === undefined ? { ok: false } : surveyService(repo, head, false);
  const isFound = (fact: string): boolean =>
    Object.getOwnPropertyDescriptor(service, fact)?.get === undefined;
  const answers = { target, targets: [target], with: [], without: [], transport: 'undici' } as const;
  expect(await planServiceClient(answers, repo)).toMatchObject({ ok: true });
  // All that it may ask for, by name: a fact that comes later, and is found for every client, fails here.
  const found = ['dir', 'isOlder', 'layout', 'manifest', 'modules', 'style', 'testing'];
  expect(Object.keys(service).filter(isFound).sort()).toEqual(found);
});
