import { RefusalError } from '../model/refusal.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs something that takes its time; whoever ends the process meanwhile ends this instead, so that what was written can
 * be put back first. @throws RefusalError E_CHECK then
 */
export async function untilSignal(run: (stopped: AbortSignal) => Promise<void>): Promise<void> {
  const ending = new AbortController();
  let stop: ((signal: NodeJS.Signals) => void) | undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (signal) => {
      ending.abort();
      reject(new RefusalError(interrupted(signal)));
    };
    // Not `once`: who else listens to the signal would find nobody left and end the process.
    for (const signal of signals) process.on(signal, stop);
  });
  try {
    await Promise.race([run(ending.signal), stopped]);
  } finally {
    for (const signal of signals) if (stop !== undefined) process.off(signal, stop);
  }
}

function interrupted(signal: NodeJS.Signals): ConstructorParameters<typeof RefusalError>[0] {
  return {
    code: 'E_CHECK',
    message: `The type check was interrupted by ${signal}. Everything was rolled back.`,
    remedy: 'Run the command again, or without --check.',
  };
}
