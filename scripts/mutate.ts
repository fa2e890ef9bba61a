/**
 * Mutation testing of the generated runtime code by the tests that come with it and by the pack's own tests of its parts:
 * `npm run mutate`. Both services of a
 * fixture are generated below `.cases/mutation`, and every change that no test notices is listed there. A part of a
 * file's path picks files: `npm run mutate -- outcome-window`.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';

import { apply } from '../plopfile.ts';
import { materialize } from '../test/helpers/materialize.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { planCommand } from '../test/helpers/run-command.ts';
import { startRedis } from '../test/helpers/redis-server.ts';
import { rateOf, type Report, survivorsOf, tableOf } from './mutate/report.ts';

const picked = process.argv.slice(2);
const services: Readonly<Record<string, readonly string[]>> = {
  'user-service': ['src/utils/', 'src/middleware/'],
  'auth-service': ['src/plugins/auth-verify.ts', 'src/utils/'],
};

const root = materialize('mutation', { fixture: 'npm-workspaces', args: [] });
const args = [
  '--target',
  'user',
  '--protect',
  'all',
  '--public',
  'none',
  '--with',
  'window,backoff,cache',
  '--yes',
];
const plan = await planCommand({ generator: 'add-s2s', args }, root);
if (!plan.ok) throw new Error(plan.obstacles.map(({ message }) => message).join('\n'));
await apply(plan, root);
// The fixture's own tests request guarded routes without a token: Stryker starts with green tests only.
rmSync(join(root, 'services/user-service/test/users.routes.test.ts'));

const redis = await startRedis();
const reports: Report[] = [];
for (const [service, places] of Object.entries(services)) {
  const cwd = join(root, 'services', service);
  const mutate = plan.edits
    .filter(
      ({ kind, path }) =>
        kind === 'create' && path.endsWith('.ts') && path.startsWith(`services/${service}/`),
    )
    .map(({ path }) => path.slice(`services/${service}/`.length))
    .filter((path) => places.some((place) => path.startsWith(place)))
    .filter((path) => picked.length === 0 || picked.some((part) => path.includes(part)));
  if (mutate.length === 0) continue;
  // What the pack tests of these modules beside the tests that users get: on the copies that are changed.
  const suite = service === 'auth-service' ? 'provider' : 'consumer';
  const name = suite === 'provider' ? 'describeProviderParts' : 'describeConsumerParts';
  const parts = join(projectRoot, `test/runtime/parts/${suite}-parts.ts`);
  writeFileSync(
    join(cwd, 'test/parts.test.ts'),
    `import { ${name} } from ${JSON.stringify(parts)};\n${name}((path) => import(new URL('../src/' + path, import.meta.url).href));\n`,
  );
  const config = {
    testRunner: 'vitest',
    // The parts are imported by URL, which no graph of imports tells.
    vitest: { related: false },
    plugins: ['@stryker-mutator/vitest-runner'],
    mutate,
    coverageAnalysis: 'perTest',
    concurrency: 2,
    timeoutMS: 5_000,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: 'mutation.json' },
    tempDirName: '.stryker-tmp',
    allowConsoleColors: false,
  };
  writeFileSync(join(cwd, 'stryker.config.json'), JSON.stringify(config, undefined, 2));
  await execa('stryker', ['run', 'stryker.config.json'], {
    cwd,
    preferLocal: true,
    localDir: projectRoot,
    stdio: 'inherit',
    env: { REDIS_URL: redis.url },
  });
  reports.push(JSON.parse(readFileSync(join(cwd, 'mutation.json'), 'utf8')) as Report);
}
await redis.stop();

writeFileSync(join(root, 'survivors.txt'), reports.flatMap(survivorsOf).join('\n'));
console.log(tableOf(reports));
const rate = rateOf(reports);
console.log(`${(100 * rate).toFixed(1)} % killed; the survivors are listed in .cases/mutation/survivors.txt`);
process.exit(rate >= 0.9 ? 0 : 1);
