import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';

import { afterAll, describe, expect, inject, it, onTestFailed } from 'vitest';

import type { Plan } from '../generators/_engine/model/plan.ts';
import { hashCode } from '../generators/_engine/record/hash.ts';
import { readRecord } from '../generators/_engine/record/record.ts';
import { openRepo, textAfter } from '../generators/_engine/repo/repo.ts';
import { type ArrangedCase, arrangeCase, changedServices, changesOf } from './helpers/arrange-case.ts';
import { compileService } from './helpers/compile-service.ts';
import { describeChanges, readExpected, updateExpected } from './helpers/expected-changes.ts';
import { findCases, type FoundCase } from './helpers/find-cases.ts';
import { type Fixture, fixtures } from './helpers/fixtures.ts';
import {
  goldenTemplates,
  isModule,
  isSameView,
  readGolden,
  updateGolden,
  viewsOf,
} from './helpers/goldens.ts';
import { probeServices } from './helpers/probe-services.ts';
import { lintFiles } from './helpers/lint-files.ts';
import { projectRoot } from './helpers/project-root.ts';
import { describeRefusal, planCommand } from './helpers/run-command.ts';
import { runServiceTests } from './helpers/run-service-tests.ts';
import { buildShared } from './helpers/shared-package.ts';
import { sampleCases } from './helpers/sample-cases.ts';
import { isDeep, sampled } from './helpers/sampled.ts';
import { strayFiles } from './helpers/stray-files.ts';
import { watchTemplateBranches } from './helpers/template-branches.ts';
import { readTree } from './helpers/tree.ts';

const cases = await findCases();
const refusals = cases.filter((found) => found.refusal !== undefined);
const results = cases.filter((found) => found.refusal === undefined);
/** What no single template decides, but the surveys and plans that all cases share. */
const repeated = sampled(results, Math.ceil(results.length / 10));
const sample = isDeep ? new Set(results.map(({ id }) => id)) : sampleCases(results, inject('seed'));
const failed = new Set<string>();
const isUpdate = process.env['UPDATE_CASES'] === '1';
const untakenBranches = watchTemplateBranches();

afterAll(() => {
  for (const { id } of cases)
    if (!failed.has(id)) rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
});

/** The folder of a failed case stays, and this tells how to go in. */
async function arrange(found: FoundCase): Promise<ArrangedCase> {
  onTestFailed(() => {
    failed.add(found.id);
    const flags = found.args.join(' ');
    console.log(`Look at it: cd .cases/${found.id}   (made by: ${found.generator} ${flags})`);
  });
  return arrangeCase(found);
}

/** A text as `Tree` holds it, with the byte order mark that the file has. */
function asBytes(before: string, text: string | undefined): string | undefined {
  const bom = before.startsWith('\u00ef\u00bb\u00bf') ? '\u{FEFF}' : '';
  return text === undefined ? undefined : Buffer.from(bom + text, 'utf8').toString('latin1');
}

function planOf({ planned }: ArrangedCase): Plan {
  if (!planned.ok) throw new Error(describeRefusal(planned));
  return planned;
}

describe('a case', () => {
  it.each(results)('$id makes exactly the changes expected', async (found) => {
    const arranged = await arrange(found);
    planOf(arranged);
    if (isUpdate) {
      for (const { template, view } of arranged.rendered.values()) updateGolden(template, view);
      updateExpected(arranged);
    }
    if (found.wholeFiles === true) {
      const expected = readTree(join(found.folder, 'expected'));
      expect(changesOf(arranged)).toEqual(expected);
    } else {
      const { diff, generated } = describeChanges(arranged);
      const expected = readExpected(found);
      expect(diff).toBe(expected.diff);
      expect(generated).toBe(expected.generated);
    }
  });

  it.each(results)('$id writes what its templates say, in the style of the service', async (found) => {
    const arranged = await arrange(found);
    expect(await strayFiles(arranged)).toEqual([]);
  });

  it.each(results)('$id records what it wrote', async (found) => {
    const arranged = await arrange(found);
    const edits = planOf(arranged).edits.filter((edit) => edit.role !== 'record');
    const { files } = readRecord(openRepo(arranged.root));
    for (const { path, role } of edits) {
      const text = Buffer.from(arranged.after.get(path) ?? '', 'latin1').toString('utf8');
      const file = files[path];
      expect(file, path).toMatchObject({ role });
      if (file?.kind === 'generated') expect(file.hash).toBe(hashCode(path, text.replace(/^\u{FEFF}/u, '')));
    }
  });

  it.each(repeated)('$id changes nothing the second time', async (found) => {
    const { root } = await arrange(found);
    const again = await planCommand(found, root);
    expect(again.ok ? again.edits : describeRefusal(again)).toEqual([]);
  });

  it.each(results.filter(({ id }) => sample.has(id)))(
    '$id is no drift to a run that only reads',
    async (found) => {
      const { root } = await arrange(found);
      const status = await planCommand({ generator: 's2s-status', args: [] }, root);
      expect(status.ok ? (status.findings ?? []) : describeRefusal(status)).toEqual([]);
    },
  );

  it.each(repeated)('$id is taken back byte for byte', async (found) => {
    const { root, original, after } = await arrange(found);
    const plan = await planCommand({ generator: 's2s-undo', args: [] }, root);
    if (!plan.ok) throw new Error(describeRefusal(plan));
    const taken = new Map(plan.edits.map((edit) => [edit.path as string, textAfter(edit)]));
    const restored = [...after]
      .map(([path, text]): [string, string | undefined] => [
        path,
        taken.has(path) ? asBytes(text, taken.get(path)) : text,
      ])
      .filter(([, text]) => text !== undefined);
    expect(new Map(restored)).toEqual(original);
  });

  it.each(refusals)('$id is refused and nothing changes', async (found) => {
    const { planned, before, after } = await arrange(found);
    expect(planned.ok ? 'a plan' : planned.obstacles.map(({ code }) => code)).toEqual(found.refusal);
    if (!planned.ok) for (const { remedy } of planned.obstacles) expect(remedy).not.toBe('');
    expect(after).toEqual(before);
  });

  it('has a golden for each template, of views that a case has', async () => {
    const views = new Map<string, object[]>();
    for (const found of results)
      for (const { template, view } of (await arrange(found)).rendered.values())
        if (!isModule(template)) views.set(template, [...(views.get(template) ?? []), view]);
    expect(goldenTemplates()).toEqual([...views.keys()].sort());
    const invented = goldenTemplates().filter((template) => {
      const golden = readGolden(template);
      const known = views.get(template) ?? [];
      return golden && !viewsOf(golden).every((view) => known.some((other) => isSameView(view, other)));
    });
    expect(invented, 'remove these goldens and run npm run test:update').toEqual([]);
  });

  it('takes both sides of every condition in the templates', async () => {
    for (const found of results) await arrange(found);
    expect(untakenBranches()).toEqual([]);
  });
});

describe.concurrent('the result of a case', () => {
  it.each(results.filter(({ id }) => sample.has(id)))(
    '$id compiles, lints, boots, answers and passes its tests',
    async (found) => {
      const arranged = await arrange(found);
      if (found.fixture === 'none') throw new Error('A result needs a fixture');
      const fixture: Fixture = fixtures[found.fixture];
      const shared = await buildShared(arranged.root);
      for (const dir of shared) expect(compileService(join(arranged.root, dir, 'tsconfig.json'))).toEqual([]);
      for (const { dir, tsconfig = 'tsconfig.json' } of changedServices(arranged)) {
        expect(compileService(join(arranged.root, dir, tsconfig))).toEqual([]);
      }

      const written = [...changesOf(arranged).keys()].filter((path) => path.endsWith('.ts'));
      expect(await lintFiles(arranged.root, written)).toEqual([]);

      const answers = await probeServices(arranged.root, fixture, found.probe ?? [], inject('redisUrl'));
      for (const { probe, status, body } of answers) {
        const seen = `${probe.method ?? 'GET'} ${probe.path} of ${probe.service} said ${JSON.stringify(body)}`;
        expect(status, seen).toBe(probe.status);
        if (probe.answer !== undefined) expect(body).toMatchObject(probe.answer);
      }

      for (const dir of [...shared, ...changedServices(arranged).map((one) => one.dir)]) {
        const tests = generatedTests(planOf(arranged), dir);
        if (tests.length === 0) continue;
        const run = await runServiceTests(
          fixture.runner,
          join(arranged.root, dir),
          tests,
          inject('redisUrl'),
        );
        expect(run.failure).toBe('');
        expect(run.passed).toBeGreaterThan(0);
      }
    },
  );
});

function generatedTests(plan: Plan, dir: string): readonly string[] {
  const roles = ['unit-test', 'integration-test'];
  const tests = plan.edits.filter(({ path, role }) => roles.includes(role) && path.startsWith(`${dir}/`));
  return tests.map(({ path }) => relative(dir, path)).filter((path) => /\.(test|spec)\.ts$/.test(path));
}
