import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getInvoices, logIn, type Stage } from './ask.ts';
import { printDiff, printHeading, printLogLines, printNote } from './print.ts';
import type { Sandbox } from './sandbox.ts';
import { hangService, killService, type ServiceProcess } from './service-process.ts';
import { assertStep } from './step-failure.ts';

const ROUTES = 'services/user-service/src/routes/users.routes.ts';
const ROUTE = `
  app.get('/invoices', async (request, reply) => {
    try {
      return await app.billing.getInvoices();
    } catch (error) {
      request.log.warn(error);
      return reply.code(503).send({ error: 'No invoices now' });
    }
  });
}
`;

/** Adds a route that calls the billing-service, as a user would, and shows it. */
export async function addInvoicesRoute({ git, root }: Sandbox): Promise<void> {
  printHeading('By hand: a route of the user-service that calls the billing-service');
  await git('add', '--all');
  const path = join(root, ROUTES);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/\}\n$/, ROUTE));
  printDiff(await git('diff', '--unified=0', '--no-color', '--no-ext-diff'));
}

/** The token, the correlation ID and the deadline of a request go along with a typed call. */
export async function tellTypedCall(stage: Stage, billing: ServiceProcess): Promise<void> {
  printHeading('The user-service calls the billing-service: token, correlation ID and deadline go along');
  // The signature covers whole seconds: a login in the second of the first one would give the revoked token again.
  await sleep(1_000);
  const token = await logIn(stage);
  const { body, correlationId } = await getInvoices(stage, token, { status: 200 }, 2_000);
  assertStep(JSON.stringify(body).includes('amountCents'), 'the answer holds no invoice');
  // The response is sent before its last log line is written.
  await sleep(100);
  const lines = billing.log.filter((line) => line.raw.includes(correlationId));
  printLogLines(lines);
  assertStep(lines.length > 0, 'the billing-service knows nothing of the correlation ID');
  if (process.platform !== 'win32') {
    printNote('billing-service hangs (SIGSTOP); the caller waits 400 ms, not the 10 s of the client');
    hangService(billing);
    await getInvoices(stage, token, { status: 503 }, 400);
  }
  await killService(billing);
}
