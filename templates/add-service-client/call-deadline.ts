import { performance } from 'node:perf_hooks';

/** Node's timers fire at once when they are given more. */
const MAX_TIMER_MS = 2_147_483_647;
/** A timer that comes later than this was kept waiting by the process itself. */
const LATE_MS = 50;
/** What such a timer leaves the event loop to send and read what the process was too late for. */
const GRACE_MS = 50;

/** Why a call was ended from our side. */
export type CancelReason = 'timeout' | 'aborted';

/** The calls under way of each signal. One listener serves them all: Node.js warns of a leak at the eleventh. */
const followers = new WeakMap<AbortSignal, Set<CallDeadline>>();

/** One call's total time and its caller's signal: whichever comes first cancels what is under way at that moment. */
export class CallDeadline {
  /** What to cancel now: an exchange, or the wait before the next one. */
  onCancel: ((reason: CancelReason) => void) | undefined;

  readonly #startedAt = performance.now();
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  #reason: CancelReason | undefined;
  #lateMs = 0;

  /** `timeoutMs` counts from now. */
  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#timer = setTimeout(expire, Math.min(timeoutMs, MAX_TIMER_MS), this);
    this.#signal = signal;
    if (signal !== undefined) follow(signal, this);
    if (signal?.aborted === true) this.#reason = 'aborted';
  }

  get reason(): CancelReason | undefined {
    return this.#reason;
  }

  /** Milliseconds since the call began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Milliseconds left; never below 0. */
  get remainingMs(): number {
    return Math.max(0, this.#timeoutMs - this.elapsedMs);
  }

  /**
   * When the call should have ended, in milliseconds of `performance.now()`, if the process stood still then, and for so
   * long that it says little about the other side; else undefined.
   */
  get missedAt(): number | undefined {
    return this.#lateMs > this.#timeoutMs / 2 ? this.#startedAt + this.#timeoutMs : undefined;
  }

  /** Must be called when the call has ended: takes the timer and the listener away. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#signal !== undefined) unfollow(this.#signal, this);
    this.onCancel = undefined;
  }

  /** Ends the call from our side; the first reason stays. */
  cancel(reason: CancelReason): void {
    this.#reason ??= reason;
    this.onCancel?.(this.#reason);
  }

  /** Time is up: what has arrived meanwhile is read first, since timers come before it where the process stood still. */
  expire(): void {
    const cancel = (): void => {
      this.cancel('timeout');
    };
    this.#lateMs = this.elapsedMs - this.#timeoutMs;
    if (this.#lateMs > LATE_MS) this.#timer = setTimeout(() => setImmediate(cancel), GRACE_MS);
    else setImmediate(cancel);
  }
}

/** Not a closure, because every call has one. */
function expire(deadline: CallDeadline): void {
  deadline.expire();
}

function follow(signal: AbortSignal, deadline: CallDeadline): void {
  let calls = followers.get(signal);
  if (calls === undefined) {
    calls = new Set();
    followers.set(signal, calls);
    signal.addEventListener('abort', abortCalls);
  }
  calls.add(deadline);
}

/** The last call takes the listener with it: a signal may live as long as the process. */
function unfollow(signal: AbortSignal, deadline: CallDeadline): void {
  const calls = followers.get(signal);
  if (calls?.delete(deadline) !== true || calls.size > 0) return;
  followers.delete(signal);
  signal.removeEventListener('abort', abortCalls);
}

function abortCalls(this: AbortSignal): void {
  for (const deadline of followers.get(this) ?? []) deadline.cancel('aborted');
}
