import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../test/helpers/project-root.ts';
import { type Measured, measure } from './outage/measure.ts';
import { renderOutage } from './outage/render-outage.ts';
import { scenarios } from './outage/scenarios.ts';

/** Measures every scenario on real sockets, and draws what came out: docs/images/outage.json and what follows from it. */
const measured: Measured[] = [];
for (const scenario of scenarios) {
  console.log(scenario.name);
  measured.push(...(await Promise.all(scenario.settings.map((setting) => measure(scenario, setting)))));
}
writeFileSync(join(projectRoot, 'docs/images/outage.json'), `${JSON.stringify(measured)}\n`);
const page = readFileSync(join(projectRoot, 'docs/tuning.md'), 'utf8');
for (const [path, text] of await renderOutage(measured, page)) writeFileSync(join(projectRoot, path), text);
