import assert from 'node:assert/strict'

import { beforeEach, describe, it } from 'node:test'

import {
	CircuitBreaker,
	type CircuitBreakerOptions,
	CircuitOpenError,
	type CircuitStateChange,
	type TripPolicy
} from '../src/utils/circuit-breaker.js'

/** Time stands still unless a test moves it. */
let now = 0
const clock = (): number => now

beforeEach(() => {
	now = 1_000
})

const boom = new Error('boom')
const succeed = (): Promise<string> => Promise.resolve('ok')
const fail = (): Promise<never> => Promise.reject(boom)

function createBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
	return new CircuitBreaker({ name: 'test', failureThreshold: 3, timeout: 1_000, clock, ...options })
}

async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
	for (let call = 0; call < times; call += 1) {
		await assert.rejects(breaker.execute(fail), { message: 'boom' })
	}
}

async function openBreaker(options: CircuitBreakerOptions = {}): Promise<CircuitBreaker> {
	const breaker = createBreaker(options)
	await failTimes(breaker, 3)
	return breaker
}

async function halfOpenBreaker(options: CircuitBreakerOptions = {}): Promise<CircuitBreaker> {
	const breaker = await openBreaker(options)
	now += 1_000
	return breaker
}

describe('circuit breaker, options', () => {
	it('has defaults and works with the real clock', async () => {
		const breaker = new CircuitBreaker()
		assert.equal(breaker.name, 'circuit')
		assert.equal(await breaker.execute(succeed), 'ok')
		assert.equal(breaker.getState(), 'CLOSED')
		assert.equal(breaker.retryAfterMs(), 0)
	})

	it('refuses counts that are not positive integers', () => {
		for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
			assert.throws(() => new CircuitBreaker({ failureThreshold: value }), RangeError)
			assert.throws(() => new CircuitBreaker({ successThreshold: value }), RangeError)
			assert.throws(() => new CircuitBreaker({ halfOpenMaxCalls: value }), RangeError)
		}
	})

	it('says which option is wrong, and how', () => {
		assert.throws(() => new CircuitBreaker({ failureThreshold: 0 }), /failureThreshold must be a positive integer, got 0/)
		assert.throws(() => new CircuitBreaker({ successThreshold: 1.5 }), /successThreshold must be a positive integer/)
		assert.throws(() => new CircuitBreaker({ halfOpenMaxCalls: -1 }), /halfOpenMaxCalls must be a positive integer/)
		assert.throws(() => new CircuitBreaker({ timeout: 0 }), /timeout must be finite and above 0 milliseconds, got 0/)
		assert.throws(() => new CircuitBreaker({ monitoringPeriod: 0 }), /monitoringPeriod must be finite/)
		assert.throws(() => new CircuitBreaker({ probeTimeout: 0 }), /probeTimeout must be finite/)
	})

	it('refuses times that are not finite and above 0', () => {
		for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
			assert.throws(() => new CircuitBreaker({ timeout: value }), RangeError)
			assert.throws(() => new CircuitBreaker({ monitoringPeriod: value }), RangeError)
			assert.throws(() => new CircuitBreaker({ probeTimeout: value }), RangeError)
		}
	})
})

describe('circuit breaker, CLOSED', () => {
	it('lets calls through and passes on what they resolve to', async () => {
		const breaker = createBreaker()
		assert.equal(await breaker.execute(succeed), 'ok')
		assert.equal(breaker.getStats().totalCalls, 1)
		assert.equal(breaker.getStats().successes, 1)
	})

	it('rejects with what a function throws before it has a promise', async () => {
		const breaker = createBreaker()
		const fail = (): Promise<never> => {
			throw boom
		}
		await assert.rejects(breaker.execute(fail), { message: 'boom' })
		assert.equal(breaker.getStats().failures, 1)
	})

	it('opens after that many failures in a row', async () => {
		const breaker = createBreaker()
		await failTimes(breaker, 2)
		assert.equal(breaker.getState(), 'CLOSED')
		await failTimes(breaker, 1)
		assert.equal(breaker.getState(), 'OPEN')
	})

	it('starts to count anew after a success', async () => {
		const breaker = createBreaker()
		await failTimes(breaker, 2)
		await breaker.execute(succeed)
		await failTimes(breaker, 2)
		assert.equal(breaker.getState(), 'CLOSED')
		assert.equal(breaker.getStats().consecutiveFailures, 2)
	})

	it('starts to count anew when the monitoring period has passed since the first failure', async () => {
		const breaker = createBreaker({ monitoringPeriod: 500 })
		await failTimes(breaker, 2)
		now += 500
		await failTimes(breaker, 2)
		assert.equal(breaker.getState(), 'CLOSED')
		assert.equal(breaker.getStats().consecutiveFailures, 2)
		now += 499
		assert.equal(breaker.getStats().consecutiveFailures, 2)
		await failTimes(breaker, 1)
		assert.equal(breaker.getState(), 'OPEN')
	})

	it('tells that a run of failures is over before the next call', async () => {
		const breaker = createBreaker({ monitoringPeriod: 500 })
		await failTimes(breaker, 2)
		now += 500
		assert.equal(breaker.getStats().consecutiveFailures, 0)
		assert.equal(breaker.getStats().failures, 2)
	})

	it('does not count what is no failure, and counts by weight', async () => {
		const harmless = createBreaker({ isFailure: () => false })
		await failTimes(harmless, 5)
		assert.equal(harmless.getState(), 'CLOSED')
		assert.equal(harmless.getStats().failures, 0)

		const weightless = createBreaker({ weigh: () => 0 })
		await failTimes(weightless, 5)
		assert.equal(weightless.getState(), 'CLOSED')

		const heavy = createBreaker({ weigh: () => 3 })
		await failTimes(heavy, 1)
		assert.equal(heavy.getState(), 'OPEN')
	})

	it('counts a failure as one when its weight makes no sense or cannot be told', async () => {
		const negative = createBreaker({ weigh: () => -5 })
		await failTimes(negative, 3)
		assert.equal(negative.getState(), 'OPEN')

		const broken = createBreaker({
			isFailure: () => {
				throw new Error('classifier')
			}
		})
		await failTimes(broken, 3)
		assert.equal(broken.getState(), 'OPEN')
	})
})

describe('circuit breaker, OPEN', () => {
	it('rejects at once with an error that has no stack and says when to come back', async () => {
		const breaker = await openBreaker()
		now += 400
		let calls = 0
		const error = await breaker
			.execute(() => {
				calls += 1
				return succeed()
			})
			.catch((reason: unknown) => reason)
		assert.equal(calls, 0)
		assert.equal(error instanceof CircuitOpenError, true)
		if (error instanceof CircuitOpenError) {
			assert.equal(error.code, 'CIRCUIT_OPEN')
			assert.equal(error.retryAfterMs, 600)
			assert.ok(error.message.includes('test'))
			assert.equal((error.stack ?? '').includes('\n'), false)
		}
		assert.equal(breaker.getStats().rejections, 1)
	})

	it('can be looked at before a call is built, which counts as a rejection when it refuses', async () => {
		const closed = createBreaker()
		assert.deepEqual([closed.refuseForMs(), closed.getStats().rejections], [0, 0])

		const breaker = await openBreaker()
		now += 400
		assert.equal(breaker.refuseForMs(), 600)
		assert.equal(breaker.getStats().rejections, 1)
		now += 600
		assert.equal(breaker.refuseForMs(), 0)
		breaker.tryAcquire()
		assert.equal(breaker.refuseForMs(), 1_000)
		const { totalCalls, rejections } = breaker.getStats()
		assert.deepEqual([totalCalls, rejections], [4, 2])
	})

	it('becomes HALF_OPEN at exactly the timeout, which looking at it does not change', async () => {
		const changes: CircuitStateChange[] = []
		const breaker = await openBreaker({ onStateChange: (change) => changes.push(change) })
		now += 999
		assert.equal(breaker.getState(), 'OPEN')
		now += 1
		assert.equal(breaker.getState(), 'HALF_OPEN')
		assert.equal(breaker.getStats().state, 'HALF_OPEN')
		assert.deepEqual(changes, [{ name: 'test', from: 'CLOSED', to: 'OPEN' }])
	})

	it('stays open at least as long as the last failure asks for', async () => {
		const breaker = createBreaker({ failureThreshold: 1 })
		const busy = Object.assign(new Error('busy'), { retryAfterMs: 5_000 })
		await assert.rejects(breaker.execute(() => Promise.reject(busy)), { message: 'busy' })
		now += 4_999
		assert.equal(breaker.getState(), 'OPEN')
		now += 1
		assert.equal(breaker.getState(), 'HALF_OPEN')
	})

	it('ignores a wish that is no number, or errors that are no objects', () => {
		for (const error of ['text', null, undefined, { retryAfterMs: 'soon' }, { retryAfterMs: Number.NaN }]) {
			const breaker = createBreaker({ failureThreshold: 1 })
			breaker.failure(breaker.tryAcquire(), error)
			now += 1_000
			assert.equal(breaker.getState(), 'HALF_OPEN')
		}
	})

	it('tells its times as epoch milliseconds', async () => {
		const breaker = await openBreaker()
		const { openedAt, lastFailureTime, nextAttemptAt } = breaker.getStats()
		assert.ok(Math.abs(Date.now() - (openedAt ?? 0)) < 100)
		assert.equal(lastFailureTime, openedAt)
		assert.ok(Math.abs(Date.now() + 1_000 - (nextAttemptAt ?? 0)) < 100)
		now += 1_000
		assert.equal(breaker.getStats().nextAttemptAt, undefined)
	})
})

describe('circuit breaker, HALF_OPEN', () => {
	it('lets one probe through at a time', async () => {
		const breaker = await halfOpenBreaker()
		const probe = breaker.tryAcquire()
		assert.ok(probe > 0)
		assert.equal(breaker.tryAcquire(), 0)
		await assert.rejects(breaker.execute(succeed), { code: 'CIRCUIT_OPEN', retryAfterMs: 1_000 })
		breaker.success(probe)
		assert.equal(breaker.retryAfterMs(), 0)
		assert.ok(breaker.tryAcquire() > 0)
	})

	it('lets as many probes through as it is told to', async () => {
		const breaker = await halfOpenBreaker({ halfOpenMaxCalls: 2 })
		assert.ok(breaker.tryAcquire() > 0)
		assert.ok(breaker.tryAcquire() > 0)
		assert.equal(breaker.tryAcquire(), 0)
	})

	it('closes after that many successes', async () => {
		const breaker = await halfOpenBreaker()
		await breaker.execute(succeed)
		assert.equal(breaker.getState(), 'HALF_OPEN')
		await breaker.execute(succeed)
		assert.equal(breaker.getState(), 'CLOSED')
		assert.equal(breaker.getStats().openedAt, undefined)
		assert.equal(breaker.getStats().consecutiveFailures, 0)
	})

	it('opens again at the first failure', async () => {
		const breaker = await halfOpenBreaker()
		await breaker.execute(succeed)
		await failTimes(breaker, 1)
		assert.equal(breaker.getState(), 'OPEN')
		now += 1_000
		await breaker.execute(succeed)
		assert.equal(breaker.getState(), 'HALF_OPEN')
	})

	it('gives the place of a released probe back and stays as it is', async () => {
		const breaker = await halfOpenBreaker()
		breaker.release(breaker.tryAcquire())
		assert.equal(breaker.getState(), 'HALF_OPEN')
		assert.ok(breaker.tryAcquire() > 0)
	})

	it('treats what is no failure like a release', async () => {
		const breaker = await halfOpenBreaker({ isFailure: (error) => error === boom })
		breaker.failure(breaker.tryAcquire(), new Error('not found'))
		assert.equal(breaker.getState(), 'HALF_OPEN')
		assert.ok(breaker.tryAcquire() > 0)
	})

	it('counts a probe that does not settle as failed, as of that moment', async () => {
		const breaker = await halfOpenBreaker({ probeTimeout: 200 })
		const lost = breaker.tryAcquire()
		now += 199
		assert.equal(breaker.tryAcquire(), 0)
		now += 1
		assert.equal(breaker.getState(), 'OPEN')
		assert.equal(breaker.getStats().failures, 4)
		assert.equal(breaker.getStats().consecutiveFailures, 4)
		const { lastFailureTime, openedAt } = breaker.getStats()
		assert.equal(lastFailureTime, openedAt)
		assert.equal(breaker.retryAfterMs(), 1_000)
		now += 999
		assert.equal(breaker.getState(), 'OPEN')
		now += 1
		assert.equal(breaker.getState(), 'HALF_OPEN')
		const next = breaker.tryAcquire()
		assert.ok(next > 0)
		breaker.success(lost)
		breaker.success(lost)
		assert.equal(breaker.getStats().successes, 0)
		assert.equal(breaker.tryAcquire(), 0)
		breaker.success(next)
		assert.equal(breaker.getStats().successes, 1)
	})

	it('does not count the late success of a lost probe', async () => {
		const breaker = await halfOpenBreaker({ probeTimeout: 200, successThreshold: 1 })
		const lost = breaker.tryAcquire()
		now += 200
		breaker.success(lost)
		assert.equal(breaker.getState(), 'OPEN')
		assert.equal(breaker.getStats().failures, 4)
	})
})

describe('circuit breaker, policies', () => {
	it('tells a trip policy each result of a CLOSED circuit, with the duration that it asks for', async () => {
		const told: (readonly unknown[])[] = []
		const tripPolicy = (): TripPolicy => ({
			needsDuration: true,
			onSuccess: (durationMs) => told.push(['success', durationMs]) > 4,
			onFailure: (runWeight, durationMs) => told.push(['failure', runWeight, durationMs]) > 4,
			reset: () => told.push(['reset'])
		})
		const breaker = createBreaker({ tripPolicy, successThreshold: 1 })
		const takes = (ms: number, call: () => Promise<unknown>): Promise<unknown> =>
			breaker.execute(() => {
				now += ms
				return call()
			})
		await takes(5, succeed)
		await assert.rejects(takes(7, fail), { message: 'boom' })
		await failTimes(breaker, 2)
		assert.equal(breaker.getState(), 'CLOSED')
		await takes(9, succeed)
		assert.equal(breaker.getState(), 'OPEN')
		now += 1_000
		await breaker.execute(succeed)
		assert.equal(breaker.getState(), 'CLOSED')
		assert.deepEqual(told, [
			['success', 5],
			['failure', 1, 7],
			['failure', 2, 0],
			['failure', 3, 0],
			['success', 9],
			['reset']
		])
	})

	it('asks how long each opening lasts, and how many there were since the last close', async () => {
		const breaker = createBreaker({
			failureThreshold: 1,
			successThreshold: 1,
			openTime: (timeoutMs, reopenings) => timeoutMs + 100 * reopenings
		})
		for (const openMs of [1_000, 1_100, 1_200]) {
			await failTimes(breaker, 1)
			assert.equal(breaker.retryAfterMs(), openMs)
			now += openMs
		}
		await breaker.execute(succeed)
		await failTimes(breaker, 1)
		assert.equal(breaker.retryAfterMs(), 1_000)
	})
})

describe('circuit breaker, generations', () => {
	it('never has more probes in flight than it is told to, those of earlier generations included', async () => {
		const breaker = await halfOpenBreaker({ halfOpenMaxCalls: 2, probeTimeout: 5_000 })
		const slow = breaker.tryAcquire()
		breaker.failure(breaker.tryAcquire(), boom)
		now += 1_000
		assert.equal(breaker.getState(), 'HALF_OPEN')
		const second = breaker.tryAcquire()
		assert.ok(second > 0)
		assert.equal(breaker.tryAcquire(), 0)
		assert.equal(breaker.retryAfterMs(), 4_000)
		breaker.failure(slow, boom)
		assert.equal(breaker.getState(), 'HALF_OPEN')
		assert.ok(breaker.tryAcquire() > 0)
	})

	it('frees the place of a probe that is lost, whatever its generation', async () => {
		const breaker = await halfOpenBreaker({ probeTimeout: 5_000 })
		breaker.tryAcquire()
		breaker.reset()
		await failTimes(breaker, 3)
		now += 4_999
		assert.equal(breaker.tryAcquire(), 0)
		now += 1
		assert.equal(breaker.getState(), 'HALF_OPEN')
		assert.ok(breaker.tryAcquire() > 0)
	})

	it('ignores what began before the last change of state', async () => {
		const breaker = createBreaker({ successThreshold: 1 })
		const early = breaker.tryAcquire()
		const earlyToo = breaker.tryAcquire()
		await failTimes(breaker, 3)
		breaker.success(early)
		assert.equal(breaker.getState(), 'OPEN')
		now += 1_000
		const probe = breaker.tryAcquire()
		breaker.success(early)
		breaker.failure(earlyToo, boom)
		assert.equal(breaker.getState(), 'HALF_OPEN')
		breaker.success(probe)
		assert.equal(breaker.getState(), 'CLOSED')
		breaker.failure(earlyToo, boom)
		assert.equal(breaker.getStats().consecutiveFailures, 0)
	})

	it('ignores permits that it never gave', () => {
		const breaker = createBreaker()
		breaker.success(0)
		breaker.success(99)
		assert.equal(breaker.getStats().successes, 0)
	})

	it('starts from nothing after a reset, whatever is in flight', async () => {
		const breaker = await openBreaker()
		breaker.reset()
		const inFlight = breaker.tryAcquire()
		breaker.reset()
		breaker.failure(inFlight, boom)
		const { state, failures, totalCalls, rejections, lastFailureTime, openedAt } = breaker.getStats()
		assert.deepEqual([state, failures, totalCalls, rejections], ['CLOSED', 0, 0, 0])
		assert.deepEqual([lastFailureTime, openedAt], [undefined, undefined])
	})

	it('loses no count to an isolation', async () => {
		const breaker = await halfOpenBreaker({ probeTimeout: 200 })
		breaker.tryAcquire()
		now += 200
		assert.equal(breaker.getStats().failures, 4)
		breaker.isolate()
		assert.equal(breaker.getStats().failures, 4)

		const run = createBreaker({ monitoringPeriod: 500 })
		await failTimes(run, 2)
		now += 500
		run.isolate()
		assert.equal(run.getStats().consecutiveFailures, 0)
	})

	it('stays open while it is isolated, until a reset', async () => {
		const breaker = createBreaker()
		breaker.isolate()
		now += 1_000_000
		assert.equal(breaker.getState(), 'OPEN')
		assert.equal(breaker.getStats().nextAttemptAt, undefined)
		await assert.rejects(breaker.execute(succeed), {
			code: 'CIRCUIT_OPEN',
			retryAfterMs: Number.POSITIVE_INFINITY
		})
		breaker.reset()
		assert.equal(await breaker.execute(succeed), 'ok')
	})

	it('tells each change of state, and survives an observer that throws', async () => {
		const changes: string[] = []
		const breaker = await halfOpenBreaker({
			successThreshold: 1,
			onStateChange: ({ from, to }) => {
				changes.push(`${from} ${to}`)
				throw new Error('observer')
			}
		})
		await breaker.execute(succeed)
		assert.deepEqual(changes, ['CLOSED OPEN', 'OPEN HALF_OPEN', 'HALF_OPEN CLOSED'])
		assert.equal(breaker.getState(), 'CLOSED')
	})
})
