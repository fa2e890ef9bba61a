import { setTimeout as sleep } from 'node:timers/promises';
import { logIn, type Stage } from '../ask.ts';
import { printHeading, printNote } from '../print.ts';
import {
  hangService,
  killService,
  type ServiceLaunch,
  startService,
  stopService,
} from '../service-process.ts';
import { assertStep } from '../step-failure.ts';
import { OPEN_MS } from '../tuning.ts';
import { WatchedCircuit } from './watched-circuit.ts';
import type { WatchServer } from './watch-server.ts';

/** Time to see how it is when all is well. */
const CALM_MS = 5_000;
/** The longest that a circuit may take to open or to close again. */
const LIMIT_MS = 20_000;

/**
 * The outage of the demo, under load and on the page: the auth service hangs, dies and returns, the circuits of both
 * services open and close. @throws StepFailure when one of them does not
 */
export async function tellWatched(stage: Stage, billing: ServiceLaunch, watch: WatchServer): Promise<void> {
  printHeading(`Watch it in a browser: ${watch.url}`);
  const token = await logIn(stage);
  const billingProcess = await startService(billing);
  watch.tell({ type: 'start', at: Date.now(), names: ['user-service', 'billing-service'] });
  const billingUrl = `http://127.0.0.1:${String(billing.port)}/invoices`;
  const circuits = [
    new WatchedCircuit('user-service', stage.user, `${stage.userOrigin}/users`, token, watch),
    new WatchedCircuit('billing-service', billingProcess, billingUrl, token, watch),
  ];
  const note = (text: string, short?: string): void => {
    printNote(text);
    watch.tell({ type: 'note', at: Date.now(), text, ...(short !== undefined && { short }) });
  };

  note('All is well: two services ask the auth service who is calling');
  await sleep(CALM_MS);
  note('The auth service hangs: it takes connections and does not answer', 'auth-service hangs');
  hangService(stage.auth);
  await until(circuits, 'OPEN');
  note('The circuits are open: nobody waits for it any more');
  // Long enough for a probe, which finds that it still hangs.
  await sleep(OPEN_MS + 2_000);
  note('The auth service is killed', 'killed');
  await killService(stage.auth);
  await sleep(2_500);
  stage.auth = await startService(stage.authLaunch);
  note('The auth service is back: the next probe will find it', 'back');
  await until(circuits, 'CLOSED');
  note('The circuits are closed again: all is well');
  await sleep(CALM_MS);
  await Promise.all(circuits.map((circuit) => circuit.stop()));
  watch.tell({ type: 'end', at: Date.now() });
  for (const { name, states } of circuits) printNote(`${name}: ${states.join(' → ')}`);
  assertStep((await stopService(billingProcess)) === 0, 'the billing-service did not stop cleanly');
}

async function until(circuits: readonly WatchedCircuit[], state: string): Promise<void> {
  const giveUpAt = Date.now() + LIMIT_MS;
  while (circuits.some((circuit) => circuit.state !== state)) {
    assertStep(Date.now() < giveUpAt, `the circuits did not come to be ${state}`);
    await sleep(50);
  }
}
