/**
 * Runs the benches that are named, or all, and puts what they found into bench/results for this major version of
 * Node, from which bench/README.md is put together: `npm run bench -- breaker client`.
 */
import { loadavg } from 'node:os';

import { benchBreaker } from './breaker.ts';
import { benchClient } from './client.ts';
import { benchContext } from './context.ts';
import { benchDeadline } from './deadline.ts';
import { benchDiagnostics } from './diagnostics.ts';
import { benchLocal } from './local.ts';
import { benchMemory } from './memory.ts';
import { writePage, writeReadme } from './readme.ts';
import { benchRedis } from './redis.ts';
import { benchRevocation } from './revocation.ts';
import { benchRoute } from './route.ts';
import { renderSection, type Section } from './section.ts';
import { benchSoak } from './soak.ts';
import { benchTool } from './tool.ts';
import { benchGrowth } from './tool-growth.ts';
import { benchVerify } from './verify.ts';

const benches: Readonly<Record<string, () => Promise<Section>>> = {
  breaker: benchBreaker,
  memory: benchMemory,
  client: benchClient,
  diagnostics: benchDiagnostics,
  deadline: benchDeadline,
  context: benchContext,
  route: benchRoute,
  verify: benchVerify,
  local: benchLocal,
  redis: benchRedis,
  soak: benchSoak,
  revocation: benchRevocation,
  tool: benchTool,
  'tool-growth': benchGrowth,
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}: there are ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
const [major = ''] = process.versions.node.split('.');
for (const [name, bench] of Object.entries(benches)) {
  if (named.length > 0 && !named.some((one) => name === one || name.startsWith(`${one}-`))) continue;
  const [load = NaN] = loadavg();
  const section = await bench();
  const where = `Node ${process.versions.node}; load of the machine before: ${load.toFixed(1)}.`;
  const text = renderSection({ ...section, intro: `${section.intro} ${where}` });
  console.log(`${text}\n`);
  await writePage(new URL(`results/${name}.node${major}.md`, import.meta.url), text);
}
await writeReadme(Object.keys(benches));
process.exit(0);
