/** Shows in under a minute what the generators do, on a copy of a fixture and with real processes. */
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
import { tuneMiddleware } from './demo/tuning.ts';

const project = resolve(import.meta.dirname, '..');
const redisUrl = process.env['REDIS_URL'] ?? '';

async function generate(sandbox: Sandbox): Promise<void> {
  printHeading('Two generators, in a repo of three Fastify services');
  const blacklist = redisUrl === '' ? 'memory' : 'redis';
  await runGenerator(project, sandbox, 'add-auth-verify', '--blacklist', blacklist, '--yes');
  await runGenerator(
    project,
    sandbox,
    'add-auth-middleware',
    '--target',
    'user',
    '--protect',
    'usersRoutes',
    '--yes',
  );
  await showChanges(sandbox);
}

async function startServices(sandbox: Sandbox): Promise<Stage> {
  printHeading('Both services start, as processes of their own');
  const [authPort, userPort] = [await findFreePort(), await findFreePort()];
  const launch = (service: string, port: number, env: Record<string, string>): ServiceLaunch => ({
    service,
    dir: join(sandbox.root, 'services', service),
    port,
    env: { LOG_LEVEL: 'debug', ...env },
  });
  const authOrigin = `http://127.0.0.1:${String(authPort)}`;
  const userOrigin = `http://127.0.0.1:${String(userPort)}`;
  const authLaunch = launch('auth-service', authPort, {});
  const userLaunch = launch('user-service', userPort, { AUTH_SERVICE_URL: authOrigin });
  const [auth, user] = await Promise.all([startService(authLaunch), startService(userLaunch)]);
  printNote(`auth-service ${authOrigin}   user-service ${userOrigin}`);
  return { authLaunch, auth, user, authOrigin, userOrigin };
}

async function main(): Promise<void> {
  const started = performance.now();
  const sandbox = await openSandbox(project, 'npm-workspaces');
  await generate(sandbox);
  await tuneMiddleware(sandbox);
  const stage = await startServices(sandbox);
  await tellTokens(stage);
  await tellOutage(stage);
  await tellEnd(stage);
  const seconds = (performance.now() - started) / 1_000;
  printVerdict(true, `Every step was as told, in ${seconds.toFixed(0)} s. The copy is removed.`);
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
