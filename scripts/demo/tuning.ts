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

const APP_FILE = 'services/user-service/src/app.ts';
const REGISTRATION = /^( *)await app\.register\((\w*[aA]uth\w*)\);$/m;

/**
 * Edits the one generated registration as a user would who wants shorter times and the circuit in the log,
 * and shows the edit. @throws StepFailure when there is no such registration
 */
export async function tuneMiddleware(sandbox: Sandbox): Promise<void> {
  printHeading('By hand, for this demo: shorter times, and every change of the circuit in the log');
  await sandbox.git('add', '--all');
  const path = join(sandbox.root, APP_FILE);
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
  assertStep(tuned !== text, `${APP_FILE} does not register the auth middleware:\n${text}`);
  writeFileSync(path, tuned);
  printDiff(await sandbox.git('diff', '--unified=0', '--no-color', '--no-ext-diff'));
}
