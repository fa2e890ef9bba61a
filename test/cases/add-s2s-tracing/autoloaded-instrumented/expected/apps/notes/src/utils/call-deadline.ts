import { performance } from 'node:perf_hooks'

/** Node's timers fire at once when they are given more. */
const MAX_TIMER_MS = 2_147_483_647

/** Why a call was ended from our side. */
export type CancelReason = 'timeout' | 'aborted'

/** One call's total time and its caller's signal: whichever comes first cancels what is under way at that moment. */
export class CallDeadline {
	/** What to cancel now: an exchange, or the wait before the next one. */
	onCancel: ((reason: CancelReason) => void) | undefined

	readonly #startedAt = performance.now()
	readonly #timeoutMs: number
	readonly #timer: NodeJS.Timeout
	/** Takes the listener off the caller's signal. */
	readonly #forget: (() => void) | undefined
	#reason: CancelReason | undefined

	/** `timeoutMs` counts from now. */
	constructor(timeoutMs: number, signal: AbortSignal | undefined) {
		this.#timeoutMs = timeoutMs
		this.#timer = setTimeout(expire, Math.min(timeoutMs, MAX_TIMER_MS), this)
		if (signal === undefined) return
		const abort = (): void => {
			this.cancel('aborted')
		}
		signal.addEventListener('abort', abort, { once: true })
		this.#forget = () => {
			signal.removeEventListener('abort', abort)
		}
		if (signal.aborted) this.#reason = 'aborted'
	}

	get reason(): CancelReason | undefined {
		return this.#reason
	}

	/** Milliseconds since the call began. */
	get elapsedMs(): number {
		return performance.now() - this.#startedAt
	}

	/** Milliseconds left; never below 0. */
	get remainingMs(): number {
		return Math.max(0, this.#timeoutMs - this.elapsedMs)
	}

	/** Must be called when the call has ended: takes the timer and the listener away. */
	end(): void {
		clearTimeout(this.#timer)
		this.#forget?.()
		this.onCancel = undefined
	}

	/** Ends the call from our side; the first reason stays. */
	cancel(reason: CancelReason): void {
		this.#reason ??= reason
		this.onCancel?.(this.#reason)
	}
}

/** Not a closure, because every call has one. */
function expire(deadline: CallDeadline): void {
	deadline.cancel('timeout')
}
