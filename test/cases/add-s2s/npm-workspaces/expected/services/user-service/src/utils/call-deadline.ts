/** Node's timers fire at once when they are given more. */
const MAX_TIMER_MS = 2_147_483_647;

/** Why a call was ended from our side. */
export type CancelReason = 'timeout' | 'aborted';

/** One call's total time and its caller's signal: whichever comes first cancels what is under way at that moment. */
export class CallDeadline {
  /** What to cancel now: an exchange, or the wait before the next one. */
  onCancel: ((reason: CancelReason) => void) | undefined;

  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => {
    this.#cancel('aborted');
  };
  #reason: CancelReason | undefined;

  /** `timeoutMs` counts from now. */
  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(
      () => {
        this.#cancel('timeout');
      },
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted === true) this.#reason = 'aborted';
  }

  get reason(): CancelReason | undefined {
    return this.#reason;
  }

  /** Milliseconds left; never below 0. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  /** Must be called when the call has ended: takes the timer and the listener away. */
  end(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.onCancel = undefined;
  }

  #cancel(reason: CancelReason): void {
    this.#reason ??= reason;
    this.onCancel?.(this.#reason);
  }
}
