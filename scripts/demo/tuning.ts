import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printDiff, printHeading } from './print.ts';
import type { Sandbox } from './sandbox.ts';
import { assertStep } from './step-failure.ts';

/** How long the user-service waits for the auth service in the demo; the default is 5 s. */
export const TIMEOUT_MS = 1_000;
/** How long the circuit stays open in the demo; the default is 30 s. */
export const OPEN_MS = 3_000;
/** What the tuned registration logs at each change of the circuit, with `from` and `to`. */
export const CIRCUIT_LOG_MESSAGE = 'Auth circuit changed';

const REGISTRATION = /^( *)await app\.register\((\w*[aA]uth\w*)\);$/m;

/**
 * Edits the generated registration of each service as a user would who wants shorter times and the circuit in the log,
 * and shows the edits. @throws StepFailure when there is no such registration
 */
export async function tuneMiddleware(sandbox: Sandbox, services: readonly string[]): Promise<void> {
  printHeading('By hand, for this demo: shorter times, and every change of the circuit in the log');
  await sandbox.git('add', '--all');
  for (const service of services) tuneRegistration(sandbox, `services/${service}/src/app.ts`);
  printDiff(await sandbox.git('diff', '--unified=0', '--no-color', '--no-ext-diff'));
}

function tuneRegistration({ root }: Sandbox, file: string): void {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const tuned = text.replace(REGISTRATION, (_line, indent: string, plugin: string) =>
    [
      `await app.register(${plugin}, {`,
      `  timeout: ${String(TIMEOUT_MS)},`,
      '  circuitBreakerOptions: {',
      `    timeout: ${String(OPEN_MS)},`,
      '    onStateChange: ({ from, to }) => {',
      `      app.log.warn({ from, to }, '${CIRCUIT_LOG_MESSAGE}');`,
      '    },',
      '  },',
      '});',
    ]
      .map((line) => indent + line)
      .join('\n'),
  );
  assertStep(tuned !== text, `${file} does not register the auth middleware:\n${text}`);
  writeFileSync(path, tuned);
}
