import { setMaxListeners } from "node:events";
import { performance } from "node:perf_hooks";

import type { CallContext } from "./service-request";

/** Node's timers fire at once when they are given more. */
const MAX_TIMER_MS = 2_147_483_647;
/** A timer that comes later than this was kept waiting by the process itself. */
const LATE_MS = 50;
/** What such a timer leaves the event loop to send and read what the process was too late for. */
const GRACE_MS = 50;
/** So long before a deadline, a callee with the same one may have failed by it: timers are not exact to the millisecond. */
const CLOSE_MS = 20;

/** Why a call was ended from our side; `invalid_response`: its answer is too large. */
export type CancelReason = "timeout" | "aborted" | "invalid_response";

/**
 * One call's total time, its caller's signal, and the time and presence of whoever its caller serves: whichever ends
 * first cancels what is under way at that moment.
 */
export class CallDeadline {
    /** The first one stays; undefined: the call goes on. */
    reason: CancelReason | undefined;
    readonly #startedAt = performance.now();
    readonly #timeoutMs: number;
    readonly #isShortened: boolean;
    readonly #signals: readonly (AbortSignal | undefined)[];
    #timer: NodeJS.Timeout;
    #lateMs = 0;
    #onCancel: ((error: Error) => void) | undefined;

    /** `timeoutMs` counts from now; `context` shortens it to what is left of it there. */
    constructor(timeoutMs: number, signal: AbortSignal | undefined, context?: CallContext) {
        const leftMs = context?.remainingMs ?? Number.POSITIVE_INFINITY;
        this.#isShortened = leftMs <= timeoutMs;
        this.#timeoutMs = Math.min(timeoutMs, leftMs);
        const timerMs = Math.min(this.#timeoutMs, MAX_TIMER_MS);
        this.#timer = setTimeout(() => {
            this.#expire();
        }, timerMs);
        if (leftMs <= 0) this.reason = "timeout";
        this.#signals = [signal, context?.signal];
        for (const one of this.#signals) {
            if (one === undefined) continue;
            // Any number of calls may share a signal: Node.js before 22 warns of a leak at the eleventh.
            setMaxListeners(0, one);
            one.addEventListener("abort", this);
            if (one.aborted) this.reason ??= "aborted";
        }
    }

    /** Milliseconds since the call began. */
    get elapsedMs(): number {
        return performance.now() - this.#startedAt;
    }

    /** Milliseconds left; never below 0. */
    get remainingMs(): number {
        return Math.max(0, this.#timeoutMs - this.elapsedMs);
    }

    /** The time of whom the caller serves is over, and not the call's own: a failure says nothing about the other side. */
    get isCutShort(): boolean {
        return this.#isShortened && this.remainingMs < CLOSE_MS;
    }

    /**
     * When the call should have ended, in milliseconds of `performance.now()`, if the process stood still then, and for so
     * long that it says little about the other side; else undefined.
     */
    get missedAt(): number | undefined {
        return this.#lateMs > this.#timeoutMs / 2 ? this.#startedAt + this.#timeoutMs : undefined;
    }

    /** What to do when the call is cancelled; done at once when it was. */
    onCancel(cancel: (error: Error) => void): void {
        this.#onCancel = cancel;
        if (this.reason !== undefined) this.cancel(this.reason);
    }

    /** Resolves with `event`; rejects when the call is cancelled before. */
    until(event: Promise<unknown>): Promise<unknown> {
        const cancelled = new Promise<never>((_resolve, reject) => {
            this.onCancel(reject);
        });
        return Promise.race([event, cancelled]);
    }

    cancel(reason: CancelReason): void {
        this.reason ??= reason;
        this.#onCancel?.(new Error(`Cancelled: ${this.reason}`));
    }

    /** A signal has been aborted. */
    handleEvent(): void {
        this.cancel("aborted");
    }

    /** Must be called when the call has ended: takes the timer and the listeners away. */
    end(): void {
        clearTimeout(this.#timer);
        for (const signal of this.#signals) signal?.removeEventListener("abort", this);
        this.#onCancel = undefined;
    }

    /** Time is up: what has arrived meanwhile is read first, since timers come before it where the process stood still. */
    #expire(): void {
        const cancel = (): void => {
            this.cancel("timeout");
        };
        this.#lateMs = this.elapsedMs - this.#timeoutMs;
        if (this.#lateMs > LATE_MS) this.#timer = setTimeout(() => setImmediate(cancel), GRACE_MS);
        else setImmediate(cancel);
    }
}
