import { randomBytes } from 'node:crypto';
import { readCircuit } from './circuit.ts';
import { printReply } from './print.ts';
import { sendRequest, type Ask, type Reply } from './request.ts';
import type { ServiceLaunch, ServiceProcess } from './service-process.ts';
import { assertStep } from './step-failure.ts';
import { TIMEOUT_MS } from './tuning.ts';

/** What the acts of the story share. */
export type Stage = {
  readonly authLaunch: ServiceLaunch;
  auth: ServiceProcess;
  readonly user: ServiceProcess;
  readonly authOrigin: string;
  readonly userOrigin: string;
};

/** What an answer must be: `slow` or not, and the state of the circuit after it. */
export type Told = Readonly<{ status: number; slow?: boolean; circuit?: string }>;

/** A fast answer comes from the open circuit; a slow one has waited for the auth service. */
const FAST_MS = TIMEOUT_MS / 2;
const CREDENTIALS = { email: 'ada@acme.test', password: 'correct horse battery staple' };

/** Ada's new token. @throws StepFailure when the login is refused */
export async function logIn(stage: Stage): Promise<string> {
  const reply = await ask(
    { ...toAuth(stage, '/auth/login'), sent: 'password', json: CREDENTIALS },
    { status: 200 },
  );
  const { token } = reply.body as { token?: unknown };
  assertStep(typeof token === 'string', 'the login gave no token');
  return token;
}

/** Ends the session of `token`. @throws StepFailure when it is not answered by 204 */
export async function logOut(stage: Stage, token: string): Promise<void> {
  await ask({ ...toAuth(stage, '/auth/logout'), sent: "Ada's token", token }, { status: 204 });
}

/** Asks the user-service for its users and prints the answer. @throws StepFailure when it is not as told */
export async function getUsers(
  stage: Stage,
  token: string | undefined,
  sent: string,
  told: Told,
): Promise<Reply> {
  const request: Ask = {
    method: 'GET',
    service: 'user',
    origin: stage.userOrigin,
    path: '/users',
    correlationId: newCorrelationId(),
    sent,
    ...(token !== undefined && { token }),
  };
  const reply = await ask(request, told, stage.user);
  assertStep(reply.echoed === reply.correlationId, 'the response carries another correlation ID');
  return reply;
}

/** Asks the user-service for what it gets from the billing-service. @throws StepFailure when it is not as told */
export async function getInvoices(
  stage: Stage,
  token: string,
  told: Told,
  timeoutMs: number,
): Promise<Reply> {
  const sent = `Ada's token, ${String(timeoutMs)} ms`;
  const to = { method: 'GET', service: 'user', origin: stage.userOrigin, path: '/users/invoices' } as const;
  return ask({ ...to, correlationId: newCorrelationId(), sent, token, timeoutMs }, told);
}

function toAuth(stage: Stage, path: string): Omit<Ask, 'sent'> {
  return {
    method: 'POST',
    service: 'auth',
    origin: stage.authOrigin,
    path,
    correlationId: newCorrelationId(),
  };
}

function newCorrelationId(): string {
  return `demo-${randomBytes(4).toString('hex')}`;
}

async function ask(request: Ask, told: Told, caller?: ServiceProcess): Promise<Reply> {
  const reply = await sendRequest(request);
  const circuit =
    told.circuit === undefined || caller === undefined ? undefined : await readCircuit(caller, told.circuit);
  const slow = reply.latencyMs >= FAST_MS;
  const asTold =
    reply.status === told.status &&
    circuit === told.circuit &&
    (told.slow === undefined || told.slow === slow);
  printReply(reply, circuit, asTold);
  const expected = [
    String(told.status),
    told.circuit,
    told.slow === undefined ? undefined : told.slow ? 'slow' : 'fast',
  ];
  assertStep(
    asTold,
    `expected ${expected.filter((part) => part !== undefined).join(', ')}; the body is ${JSON.stringify(reply.body)}`,
  );
  return reply;
}
