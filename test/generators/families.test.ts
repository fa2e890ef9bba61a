import { join } from 'node:path';

import { afterAll, describe, expect, inject, it } from 'vitest';

import { apply } from '../../plopfile.ts';
import { compileService } from '../helpers/compile-service.ts';
import { fixtures } from '../helpers/fixtures.ts';
import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { materialize } from '../helpers/materialize.ts';
import { probeServices } from '../helpers/probe-services.ts';
import { describeRefusal, planCommand } from '../helpers/run-command.ts';
import { sampled } from '../helpers/sampled.ts';
import { readTree } from '../helpers/tree.ts';
import { families } from './families.ts';

const billing = 'services/billing-service';
const args = ['--target', 'billing', '--protect', 'all', '--public', '/health', '--no-format'];

afterAll(() => {
  deleteGeneratedRepo('families');
});

describe('a service with', () => {
  it.each(sampled(families, 1))(
    '$name gets a middleware that guards it, and is itself again after an undo',
    async ({ files }) => {
      const overlay = Object.fromEntries(
        Object.entries(files).map(([path, text]) => [`${billing}/${path}`, text]),
      );
      const root = materialize('families', { fixture: 'npm-workspaces', args: [], files: overlay });
      const before = readTree(root);
      const tsconfig = join(root, billing, 'tsconfig.json');
      expect(compileService(tsconfig)).toEqual([]);

      const plan = await planCommand({ generator: 'add-auth-middleware', args }, root);
      if (!plan.ok) throw new Error(describeRefusal(plan));
      await apply(plan, root);
      expect(compileService(tsconfig)).toEqual([]);
      expect(await planCommand({ generator: 'add-auth-middleware', args }, root)).toMatchObject({
        edits: [],
      });
      const probes = [
        { service: billing, path: '/health', status: 200 },
        { service: billing, path: '/invoices', status: 401 },
      ] as const;
      const answers = await probeServices(root, fixtures['npm-workspaces'], probes, inject('redisUrl'));
      for (const { probe, status, body } of answers) expect(status, JSON.stringify(body)).toBe(probe.status);

      const undo = await planCommand({ generator: 's2s-undo', args: [] }, root);
      if (!undo.ok) throw new Error(describeRefusal(undo));
      await apply(undo, root);
      expect(readTree(root)).toEqual(before);
    },
  );
});
