import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { format } from 'prettier';

import { projectRoot } from '../test/helpers/project-root.ts';
import { combinations, nameOf } from '../test/installs/combinations.ts';
import { runInstalled } from '../test/installs/doors.ts';
import { typescriptVersions } from '../test/installs/typescript-versions.ts';
import { table } from './docs/table.ts';

const rows: (readonly string[])[] = [];
for (const combination of combinations) {
  const run = await runInstalled(combination);
  console.log(nameOf(combination), run);
  rows.push([
    run.nodeVersion,
    `${combination.installer.replace(/ \d/, '')} ${run.managerVersion}`,
    `${run.installSeconds.toFixed(1)} s`,
    run.doors.plop,
    run.doors.bin,
    run.doors.API,
    run.doors.undo,
  ]);
}
const text = [
  '# Installed everywhere',
  'Written by `npm run installs`. The tarball of `npm pack` goes into a fresh workspace of two services, together with ' +
    'plop. Then every door does its part: `add-circuit-breaker` by plop and a plopfile that loads the pack, ' +
    '`add-service-client` by the bin, `add-auth-verify` by `plan` and `apply` in a program, and `s2s-undo` takes all ' +
    'of it back. With Plug’n’Play a dependency that is not declared would be missed; plop itself does not start there ' +
    'on Node 22 and later (rechoir 0.8 looks into `require.extensions`), and the bin and the API do.',
  table(['Node', 'installed with', 'install', 'plop', 'bin', 'API', 'undo'], rows),
  `Times are of ${String(cpus().length)} shared cores with a warm cache. \`npm test\` draws one of these by its seed; ` +
    '`npm run test:deep` runs them all.',
  '## TypeScript',
  'What `add-s2s` makes of a fixture is compiled under the fixture’s own configuration with TypeScript ' +
    `${Object.keys(typescriptVersions).sort().join(', ')} (\`test/installs/typescript.test.ts\`): one of the products drawn by ` +
    'seed in `npm test`, all of them in `npm run test:deep`. No version needs other code than another.',
].join('\n\n');
const path = join(projectRoot, 'docs/installs.md');
writeFileSync(path, await format(text, { parser: 'markdown', printWidth: 110 }));
