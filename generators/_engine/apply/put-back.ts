import { RefusalError } from '../model/refusal.ts';

/**
 * Runs something that puts files back. A disk that refuses to take the old bytes keeps the journal: a later run does it.
 * @throws RefusalError E_WRITE then
 */
export function putBack<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof RefusalError) throw cause;
    const error = new RefusalError({
      code: 'E_WRITE',
      at: { path: '.' },
      message: `Not every file could be rolled back: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy:
        'Make the folder writable or free disk space, then run s2s-undo --recover to roll back the other files.',
    });
    error.cause = cause;
    throw error;
  }
}
