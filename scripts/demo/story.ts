import { setTimeout as sleep } from 'node:timers/promises';
import { getUsers, logIn, logOut, type Stage } from './ask.ts';
import { printHeading, printLogLines, printNote } from './print.ts';
import { hangService, killService, startService, stopService } from './service-process.ts';
import { assertStep } from './step-failure.ts';
import { OPEN_MS } from './tuning.ts';

/** Login, the four answers of a protected route, logout, and the log of one request. */
export async function tellTokens(stage: Stage): Promise<void> {
  printHeading('A token opens the door of the user-service, until its owner logs out');
  const token = await logIn(stage);
  await getUsers(stage, undefined, 'no token', { status: 401 });
  const followed = await getUsers(stage, token, "Ada's token", { status: 200 });
  await getUsers(stage, 'garbage', 'garbage', { status: 401 });
  await logOut(stage, token);
  await getUsers(stage, token, 'revoked token', { status: 401 });

  printHeading(`One correlation ID, two services: ${followed.correlationId}`);
  await showLog(stage, followed.correlationId);
}

/** The auth service hangs and dies, the circuit opens; it returns, the circuit half-opens and closes. */
export async function tellOutage(stage: Stage): Promise<void> {
  printHeading('The auth service goes down, and the circuit protects the user-service');
  // The signature covers whole seconds: a login in the second of the first one would give the revoked token again.
  await sleep(1_000);
  const token = await logIn(stage);
  await getUsers(stage, token, 'new token', { status: 200, circuit: 'CLOSED' });

  printNote('auth-service hangs (SIGSTOP): it accepts connections and does not answer');
  hangService(stage.auth);
  const slow = process.platform !== 'win32';
  await getUsers(stage, token, 'new token', { status: 503, slow, circuit: 'CLOSED' });
  await getUsers(stage, token, 'new token', { status: 503, slow, circuit: 'CLOSED' });
  await getUsers(stage, token, 'new token', { status: 503, slow, circuit: 'OPEN' });
  await getUsers(stage, token, 'new token', { status: 503, slow: false, circuit: 'OPEN' });

  printNote('auth-service is killed (SIGKILL)');
  await killService(stage.auth);
  const last = await getUsers(stage, token, 'new token', { status: 503, slow: false, circuit: 'OPEN' });
  assertStep(
    last.retryAfter !== undefined && last.retryAfter > 0,
    'an open circuit answers without Retry-After',
  );

  const waitedFrom = Date.now();
  stage.auth = await startService(stage.authLaunch);
  printNote(`auth-service is back; the last answer said Retry-After: ${String(last.retryAfter)} s`);
  await sleep(Math.max(0, OPEN_MS + 100 - (Date.now() - waitedFrom)));
  await getUsers(stage, token, 'new token', { status: 200, circuit: 'HALF_OPEN' });
  await getUsers(stage, token, 'new token', { status: 200, circuit: 'CLOSED' });
  await getUsers(stage, token, 'new token', { status: 200, slow: false, circuit: 'CLOSED' });
}

/** Both services stop when they are asked to. */
export async function tellEnd(stage: Stage): Promise<void> {
  const codes = await Promise.all([stopService(stage.user), stopService(stage.auth)]);
  if (process.platform === 'win32') return;
  assertStep(
    codes.every((code) => code === 0),
    `the services did not stop cleanly: ${codes.join(', ')}`,
  );
}

async function showLog(stage: Stage, correlationId: string): Promise<void> {
  // The response is sent before its last log line is written.
  await sleep(100);
  const lines = [...stage.user.log, ...stage.auth.log]
    .filter((line) => line.raw.includes(correlationId))
    .sort((a, b) => a.time - b.time);
  printLogLines(lines);
  const services = new Set(lines.map((line) => line.service));
  assertStep(services.size === 2, `the ID stands in the log of ${String(services.size)} of the 2 services`);
}
