import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { type Measured } from '../../scripts/outage/measure.ts';
import { renderOutage } from '../../scripts/outage/render-outage.ts';
import { scenarios } from '../../scripts/outage/scenarios.ts';
import { projectRoot } from '../helpers/project-root.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const measured = JSON.parse(read('docs/images/outage.json')) as readonly Measured[];

it('shows what the measured data say, in every plot and table', async () => {
  for (const [path, text] of await renderOutage(measured, read('docs/tuning.md'))) {
    expect(read(path), `${path}: run npm run outage`).toBe(text);
  }
});

it('has measured every setting of every scenario', () => {
  const wanted = scenarios.flatMap(({ name, settings }) => settings.map((one) => `${name}: ${one.name}`));
  expect(measured.map(({ scenario, setting }) => `${scenario}: ${setting}`)).toEqual(wanted);
  for (const { calls } of measured) expect(calls.length).toBeGreaterThan(700);
});
