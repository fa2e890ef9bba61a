import type { ConsumerView, IntegrationView, SharedTestView, SuiteView } from './view.ts';

/** Whether the auth service is in the repo: a suite that services share starts it. */
export function isWithAuth(
  found: Readonly<{ view: ConsumerView; authInRepo: boolean }>,
): found is Readonly<{ view: IntegrationView; authInRepo: true }> {
  return found.authInRepo;
}

const ofConsumer = 'CONSUMER_SCRIPT';

/** What the tests of all consumers have in common. */
export function suiteView(view: IntegrationView): SuiteView {
  return {
    ...view,
    scripts: view.scripts.filter(({ name }) => name !== ofConsumer),
    authLogs: String(view.logging.includes('auth')),
  };
}

/** What one consumer tells the suite. */
export function sharedTestView(view: ConsumerView, suiteImport: string): SharedTestView {
  return {
    ...view,
    suiteImport,
    scripts: view.scripts.filter(({ name }) => name === ofConsumer),
    // The secret is the suite's.
    env: view.consumerEnv.filter((entry) => !entry.startsWith('SERVICE_AUTH_SECRET:')).join(', '),
    logs: String(view.logging.includes('consumer')),
  };
}
