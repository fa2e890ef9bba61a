import { printString } from '../_engine/syntax/print.ts';
import type { ConsumerView, IntegrationView, SharedTestView, SuiteView } from './view.ts';

/** Whether the auth service is in the repo: a suite that services share starts it. */
export function isWithAuth(
  found: Readonly<{ view: ConsumerView; authInRepo: boolean }>,
): found is Readonly<{ view: IntegrationView; authInRepo: true }> {
  return found.authInRepo;
}

const ofConsumer = 'CONSUMER_SCRIPT';

/** What a suite takes for granted of a consumer. */
const usual = {
  usualStart: "'--import', 'tsx', 'src/server.ts'",
  usualPort: '0',
  usualEnv: "PORT: String(consumerPort), HOST: '127.0.0.1', AUTH_SERVICE_URL: auth.origin",
  usualLogs: 'true',
} as const;

/** What the tests of all consumers have in common. */
export function suiteView(view: IntegrationView): SuiteView {
  return {
    ...view,
    ...usual,
    scripts: view.scripts.filter(({ name }) => name !== ofConsumer),
    authLogs: String(view.logging.includes('auth')),
  };
}

/** What one consumer tells the suite. */
export function sharedTestView(view: ConsumerView, imports: readonly string[]): SharedTestView {
  // The secrets are the suite's.
  const env = view.consumerEnv.filter((entry) => !/: (?:SERVICE|JWT)_SECRET$/.test(entry)).join(', ');
  const logs = String(view.logging.includes('consumer'));
  const own = [
    ...(view.consumerArgs === usual.usualStart ? [] : [`start: [${view.consumerArgs}]`]),
    ...(view.consumerPort === usual.usualPort ? [] : [`port: ${view.consumerPort}`]),
    ...(env === usual.usualEnv ? [] : [`env: (consumerPort, auth) => ({ ${env} })`]),
    ...(logs === usual.usualLogs ? [] : [`logs: ${logs}`]),
  ];
  const { consumerDir, guardedMethod, guardedUrl } = view;
  const place = [`dir: ${consumerDir}`, `route: [${printString(guardedMethod)}, ${printString(guardedUrl)}]`];
  return {
    imports,
    scripts: view.scripts.filter(({ name }) => name === ofConsumer),
    call:
      own.length === 0
        ? [`testConsumer({ ${place.join(', ')} });`]
        : ['testConsumer({', ...[...place, ...own].map((member) => `  ${member},`), '});'],
  };
}
