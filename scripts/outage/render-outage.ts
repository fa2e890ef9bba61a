import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { projectRoot } from '../../test/helpers/project-root.ts';
import { table } from '../docs/table.ts';
import type { Measured } from './measure.ts';
import { renderPlot } from './plot.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** The plots, and the page with its tables filled in: path below the project's root → text. */
export async function renderOutage(
  measured: readonly Measured[],
  page: string,
): Promise<ReadonlyMap<string, string>> {
  const rendered = new Map<string, string>();
  let text = page;
  for (const scenario of scenarios) {
    const own = measured.filter((one) => one.scenario === scenario.name);
    rendered.set(`docs/images/outage-${scenario.name}.svg`, renderPlot(scenario, own));
    const marks = new RegExp(`(<!-- ${scenario.name}: .*? -->\\n).*?(<!-- end -->)`, 's');
    if (!marks.test(text)) throw new Error(`docs/tuning.md has no place for ${scenario.name}`);
    text = text.replace(
      marks,
      (_, begin: string, end: string) => `${begin}\n${tableOf(scenario, own)}\n\n${end}`,
    );
  }
  const file = join(projectRoot, 'docs/tuning.md');
  rendered.set('docs/tuning.md', await format(text, { ...(await resolveConfig(file)), filepath: file }));
  return rendered;
}

function tableOf(scenario: Scenario, measured: readonly Measured[]): string {
  const head = [
    'breaker',
    'requests to the failing service',
    'callers who waited for a failure',
    'seconds waited for a failure',
    'rejected at once',
    'answered during the outage',
    'first answer after recovery',
  ];
  return table(
    head,
    measured.map((one) => rowOf(scenario, one)),
  );
}

function rowOf(
  { sickFromMs, sickToMs }: Scenario,
  { setting, calls, reachedSick }: Measured,
): readonly string[] {
  const failed = calls.filter(([, , outcome]) => outcome === 'failed');
  const refused = calls.filter(([, , outcome]) => outcome === 'refused');
  const waited = failed.reduce((sum, [, tookMs]) => sum + tookMs, 0) / 1000;
  const sick = calls.filter(([at]) => at >= sickFromMs && at < sickToMs);
  const answered = sick.filter(([, , outcome]) => outcome === 'answered');
  const first = calls.find(([at, , outcome]) => at >= sickToMs && outcome === 'answered');
  return [
    setting,
    String(reachedSick),
    String(failed.length),
    waited.toFixed(1),
    String(refused.length),
    `${String(answered.length)} of ${String(sick.length)}`,
    first === undefined ? 'none' : `${((first[0] - sickToMs) / 1000).toFixed(1)} s`,
  ];
}
