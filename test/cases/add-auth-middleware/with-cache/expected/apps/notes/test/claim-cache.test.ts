import assert from 'node:assert/strict'

import { beforeEach, describe, it } from 'node:test'

import { ClaimCache, type ClaimCacheOptions } from '../src/utils/claim-cache.js'

interface Claims {
	userId: string
}

let time = 0
let wallClock = 0

beforeEach(() => {
	time = 0
	wallClock = 1_000_000_000_000
})

function createCache(options: Partial<ClaimCacheOptions> = {}): ClaimCache<Claims> {
	return new ClaimCache<Claims>({ ttlMs: 5_000, clock: () => time, now: () => wallClock, ...options })
}

function tokenWith(payload: unknown): string {
	return `header.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`
}

const ADA = { userId: 'ada' }

describe('claim cache', () => {
	it('knows a token for its time and no longer', () => {
		const cache = createCache()
		assert.equal(cache.get('token'), undefined)
		assert.equal(cache.set('token', ADA), ADA)

		time = 4_999
		assert.equal(cache.get('token'), ADA)
		time = 5_000
		assert.equal(cache.get('token'), undefined)
	})

	it('never knows a token past its own expiry', () => {
		const cache = createCache()
		const token = tokenWith({ exp: wallClock / 1_000 + 2 })
		cache.set(token, ADA)

		wallClock += 1_999
		assert.equal(cache.get(token), ADA)
		wallClock += 1
		assert.equal(cache.get(token), undefined)
	})

	it('counts the time from the question, not from the answer', async () => {
		const cache = createCache()
		const ask = (): Promise<Claims> => {
			time = 4_000
			return Promise.resolve(ADA)
		}
		assert.equal(await cache.load('token', ask), ADA)
		time = 4_999
		assert.equal(cache.get('token'), ADA)
		time = 5_000
		assert.equal(cache.get('token'), undefined)
	})

	it('keeps tokens whose expiry it cannot read for the usual time', () => {
		const cache = createCache()
		for (const token of [tokenWith({}), tokenWith({ exp: 'soon' }), tokenWith(null), 'a.b.c', 'opaque']) {
			cache.set(token, ADA)
			assert.equal(cache.get(token), ADA)
		}
	})

	it('remembers a refusal for a second at most', () => {
		const cache = createCache()
		cache.set('bad', null)

		time = 999
		assert.equal(cache.get('bad'), null)
		time = 1_000
		assert.equal(cache.get('bad'), undefined)
	})

	it('forgets the oldest when it is full, and never a verified token for refused ones', () => {
		const cache = createCache({ maxEntries: 2 })
		cache.set('good', ADA)
		for (const token of ['bad 1', 'bad 2', 'bad 3']) cache.set(token, null)
		assert.equal(cache.get('good'), ADA)
		assert.equal(cache.get('bad 1'), undefined)
		assert.equal(cache.get('bad 3'), null)

		for (const token of ['good 2', 'good 3']) cache.set(token, ADA)
		assert.equal(cache.get('good'), undefined)
		assert.equal(cache.get('good 3'), ADA)
	})

	it('refuses numbers that make no sense', () => {
		for (const ttlMs of [0, -1, Number.NaN, Infinity]) {
			assert.throws(() => createCache({ ttlMs }), RangeError)
		}
		assert.throws(() => createCache({ maxEntries: 0 }), RangeError)
	})
})
