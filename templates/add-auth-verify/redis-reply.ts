/** Milliseconds; a command has two ticks. */
const TICK_MS = 25;
/** Milliseconds for which Redis may be silent before commands fail. Replies come in order, so asking again takes longer. */
const PATIENCE_MS = 1_000;

/**
 * Makes a function that gives the reply to a command of one client, or rejects: after two ticks, but not before Redis
 * was silent for 1 s. A tick ends when the event loop has read what arrived meanwhile: a process that stalls loses one.
 */
export function createReplyPatience(): <T>(command: Promise<T>) => Promise<T> {
  let waiting = 0;
  let silentSince = 0;
  return (command) => {
    const askedAt = performance.now();
    if (waiting === 0) silentSince = askedAt;
    waiting += 1;
    let ticks = 0;
    return new Promise((resolve, reject) => {
      const endTick = (): void => {
        ticks += 1;
        if (ticks < 2 || performance.now() - Math.min(askedAt, silentSince) < PATIENCE_MS) return;
        clearInterval(timer);
        reject(new Error('Redis did not answer in time'));
      };
      const timer = setInterval(() => setImmediate(endTick), TICK_MS);
      const settled = (): void => {
        clearInterval(timer);
        waiting -= 1;
        silentSince = performance.now();
      };
      command.finally(settled).then(resolve, reject);
    });
  };
}
