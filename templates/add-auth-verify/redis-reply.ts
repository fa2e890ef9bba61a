/** Milliseconds; a command has two ticks. */
const TICK_MS = 25;
/** Milliseconds for which Redis may stall before commands fail. Replies come in order, so asking again takes longer. */
const PATIENCE_MS = 1_000;

/**
 * The reply to a command. Rejects if there is none after two ticks, and after each further one unless `mayWait`. A tick
 * ends when the event loop has read what arrived meanwhile: a process that stalls loses one tick, however long it was.
 */
export function inTime<T>(command: Promise<T>, mayWait = (): boolean => false): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let ticks = 0;
    const wait = (): void => {
      timer = setTimeout(() => setImmediate(endTick), TICK_MS);
    };
    const endTick = (): void => {
      ticks += 1;
      if (timer !== undefined && (ticks < 2 || mayWait())) wait();
      else reject(new Error('Redis did not answer in time'));
    };
    const settled = (): void => {
      clearTimeout(timer);
      timer = undefined;
    };
    wait();
    command.then(resolve, reject).finally(settled);
  });
}

/** Like {@link inTime} for the commands of one client: {@link PATIENCE_MS} for the first that Redis does not answer. */
export function createReplyPatience(): <T>(command: Promise<T>) => Promise<T> {
  let waiting = 0;
  let silentSince = 0;
  const answered = (): void => {
    waiting -= 1;
    silentSince = performance.now();
  };
  return (command) => {
    const askedAt = performance.now();
    if (waiting === 0) silentSince = askedAt;
    waiting += 1;
    command.then(answered, answered);
    return inTime(command, () => performance.now() - Math.min(askedAt, silentSince) < PATIENCE_MS);
  };
}
