import { RefusalError } from '../model/refusal.ts';

/**
 * Steps of a survey: a node that is visited is one. A service of 100,000 lines takes some 20 million; a repository that
 * is there to keep us busy would take any number.
 */
const stepsForOne = 60_000_000;
let left = stepsForOne;

/** One more service is surveyed: what it takes is its own. */
export function allowOneMore(): void {
  left = stepsForOne;
}

/**
 * Counts steps.
 * @throws RefusalError E_TOO_COMPLEX, which names the file that is looked at, when there were too many.
 */
export function spend(steps: number, path: () => string): void {
  left -= steps;
  if (left >= 0) return;
  const at = path();
  left = stepsForOne;
  throw new RefusalError({
    code: 'E_TOO_COMPLEX',
    at: { path: at },
    message: `${at} and its references cannot be resolved in ${String(stepsForOne)} steps.`,
    remedy: 'Move generated and unrelated code out of the folder of the service, and run the command again.',
  });
}
