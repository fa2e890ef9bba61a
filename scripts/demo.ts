/**
 * Shows in under a minute what the generators do, on a copy of a fixture and with real processes. `--watch`: the outage
 * under load, as a page with moving plots.
 */
import { performance } from 'node:perf_hooks';
import { join, resolve } from 'node:path';
import type { Stage } from './demo/ask.ts';
import { runGenerator, showChanges } from './demo/generate.ts';
import { printHeading, printNote, printVerdict } from './demo/print.ts';
import { openSandbox, removeSandboxes, type Sandbox } from './demo/sandbox.ts';
import {
  findFreePort,
  killServicesLeft,
  readLastOutput,
  startService,
  type ServiceLaunch,
} from './demo/service-process.ts';
import { StepFailure } from './demo/step-failure.ts';
import { tellEnd, tellOutage, tellTokens } from './demo/story.ts';
import { addInvoicesRoute, tellTypedCall } from './demo/typed-call.ts';
import { tuneMiddleware } from './demo/tuning.ts';
import { tellWatched } from './demo/watch/tell-watched.ts';
import { WatchServer } from './demo/watch/watch-server.ts';

const project = resolve(import.meta.dirname, '..');
const redisUrl = process.env['REDIS_URL'] ?? '';
const watching = process.argv.includes('--watch');

async function generate(sandbox: Sandbox): Promise<void> {
  printHeading(
    watching
      ? 'Two generators, in a repo of three Fastify services'
      : 'Three generators, in a repo of three Fastify services',
  );
  const blacklist = redisUrl === '' ? 'memory' : 'redis';
  await runGenerator(project, sandbox, 'add-auth-verify', '--blacklist', blacklist, '--yes');
  const middleware = ['--target', 'user,billing', '--protect', 'usersRoutes,invoicesRoutes'];
  await runGenerator(project, sandbox, 'add-auth-middleware', ...middleware, '--yes');
  if (!watching)
    await runGenerator(project, sandbox, 'add-service-call', '--target', 'user', '--to', 'billing', '--yes');
  await showChanges(sandbox);
}

function launchOf(
  { root }: Sandbox,
  service: string,
  port: number,
  env: Record<string, string> = {},
): ServiceLaunch {
  return { service, dir: join(root, 'services', service), port, env: { LOG_LEVEL: 'debug', ...env } };
}

async function startServices(sandbox: Sandbox, billing: ServiceLaunch): Promise<Stage> {
  printHeading('The services start, as processes of their own');
  const authPort = Number(new URL(billing.env['AUTH_SERVICE_URL'] ?? '').port);
  const userPort = await findFreePort();
  const authOrigin = `http://127.0.0.1:${String(authPort)}`;
  const userOrigin = `http://127.0.0.1:${String(userPort)}`;
  const authLaunch = launchOf(sandbox, 'auth-service', authPort);
  const userLaunch = launchOf(sandbox, 'user-service', userPort, {
    AUTH_SERVICE_URL: authOrigin,
    BILLING_SERVICE_URL: `http://127.0.0.1:${String(billing.port)}`,
  });
  const [auth, user] = await Promise.all([startService(authLaunch), startService(userLaunch)]);
  printNote(`auth-service ${authOrigin}   user-service ${userOrigin}`);
  return { authLaunch, auth, user, authOrigin, userOrigin };
}

async function main(): Promise<void> {
  const started = performance.now();
  const sandbox = await openSandbox(project, 'npm-workspaces');
  await generate(sandbox);
  await tuneMiddleware(sandbox, watching ? ['user-service', 'billing-service'] : ['user-service']);
  if (!watching) await addInvoicesRoute(sandbox);
  const env = { AUTH_SERVICE_URL: `http://127.0.0.1:${String(await findFreePort())}` };
  const billing = launchOf(sandbox, 'billing-service', await findFreePort(), env);
  const stage = await startServices(sandbox, billing);
  if (watching) {
    await tellWatched(stage, billing, await WatchServer.open());
  } else {
    await tellTokens(stage);
    await tellTypedCall(stage, await startService(billing));
    await tellOutage(stage);
  }
  await tellEnd(stage);
  const seconds = (performance.now() - started) / 1_000;
  const after = watching ? 'The page stays until Ctrl-C.' : 'The copy is removed.';
  printVerdict(true, `Every step was as told, in ${seconds.toFixed(0)} s. ${after}`);
}

process.once('exit', () => {
  killServicesLeft();
  removeSandboxes();
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(code));
}

try {
  await main();
} catch (error) {
  const text =
    error instanceof StepFailure ? error.message : error instanceof Error ? error.stack : undefined;
  for (const line of readLastOutput(10)) printNote(line);
  printVerdict(false, text ?? String(error));
  process.exit(1);
}
