import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { type RequestOptions, ServiceClient, ServiceClientError, type ServiceClientOptions } from '../src/utils/service-client.js'
import { type Answer, hangUp, json, silence, StubServer } from './test-kit.js'

const service = new StubServer()
const clients: ServiceClient[] = []

before(() => service.start())
beforeEach(() => {
	service.answer(json(200, { ok: true }))
})
afterEach(async () => {
	await Promise.all(clients.splice(0).map((client) => client.close()))
})
after(() => service.stop())

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
	const client = new ServiceClient({ baseUrl: service.origin, retry: false, ...options })
	clients.push(client)
	return client
}

async function errorOf(call: Promise<unknown>): Promise<ServiceClientError> {
	const error = await call.catch((reason: unknown) => reason)
	if (!(error instanceof ServiceClientError)) throw error
	return error
}

const html: Answer = (response) => {
	response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')
}

describe('service client, requests', () => {
	it('sends JSON and reads JSON', async () => {
		service.answer(json(201, { id: 7 }))
		const { status, data } = await createClient().post<{ id: number }>('/users', { name: 'Ada' })
		assert.deepEqual([status, data.id], [201, 7])
		const { body, headers } = service.last
		assert.deepEqual([body, headers['content-type']], ['{"name":"Ada"}', 'application/json'])
	})

	it('calls by each method, below the path of the base URL', async () => {
		const client = createClient({ baseUrl: `${service.origin}/api/` })
		await client.get('/users', { query: { page: 2, q: 'a&b', none: undefined } })
		await client.delete('/users/7?x=1', { query: { y: true } })
		for (const method of ['post', 'put', 'patch'] as const) await client[method]('/users', {})
		assert.deepEqual(service.received.map(({ method, url }) => `${method} ${url}`), [
			'GET /api/users?page=2&q=a%26b',
			'DELETE /api/users/7?x=1&y=true',
			'POST /api/users',
			'PUT /api/users',
			'PATCH /api/users'
		])
	})

	const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
	const headerRows: readonly (readonly [string, RequestOptions, string, string])[] = [
		['its own headers', {}, 'x-service', 'test'],
		['a correlation ID', { correlationId: 'request-123' }, 'x-correlation-id', 'request-123'],
		['one from the headers', { headers: { 'X-Correlation-ID': 'r-9' } }, 'x-correlation-id', 'r-9'],
		['a new one for one that is not safe', { correlationId: 'a\nb' }, 'x-correlation-id', 'a UUID'],
		['a traceparent', { headers: { traceparent } }, 'traceparent', traceparent],
		['no traceparent that is none', { headers: { traceparent: 'x' } }, 'traceparent', 'undefined'],
		['an idempotency key', { idempotencyKey: 'order-1' }, 'idempotency-key', 'order-1']
	]
	for (const [what, options, header, expected] of headerRows) {
		it(`sends ${what}`, async () => {
			await createClient({ headers: { 'X-Service': 'test' } }).post('/', {}, options)
			const sent = String(service.last.headers[header])
			assert.equal(sent.replace(/^[0-9a-f-]{36}$/, 'a UUID'), expected)
		})
	}

	it('refuses wrong input before anything is sent', async () => {
		const client = createClient({ baseUrl: `${service.origin}/api` })
		for (const path of ['//evil.test/x', 'users', '/../admin', '/a%2f..%2fb', '/a\r\nX: y'])
			await assert.rejects(client.get(path), { name: 'TypeError' })
		for (const headers of [{ 'x-a': 'b\r\nx-c: d' }, { 'x a': 'b' }, { Host: 'evil.test' }])
			await assert.rejects(client.get('/', { headers }), { name: 'TypeError' })
		await assert.rejects(client.get('/', { timeout: -1 }), { name: 'RangeError' })
		assert.throws(() => createClient({ baseUrl: 'http://user:secret@127.0.0.1' }), TypeError)
		assert.deepEqual([service.received.length, client.getCircuitStats().totalCalls], [0, 0])
	})
})

describe('service client, errors', () => {
	const failures: readonly (readonly [string, Answer, string])[] = [
		['a status that is no success', json(404, { secret: 1 }), 'http (status 404)'],
		['a redirect', json(302, {}, { location: 'http://127.0.0.1:1/' }), 'http (status 302)'],
		['an answer that is not JSON', html, 'invalid_response (status 200)'],
		['an answer that is too large', json(200, 'x'.repeat(20_000)), 'invalid_response'],
		['a dropped connection', hangUp, 'network']
	]
	for (const [what, answer, reason] of failures) {
		it(`rejects with nothing secret for ${what}`, async () => {
			service.answer(answer)
			const headers = { authorization: 'Bearer secret' }
			const client = createClient({ maxResponseBytes: 10_000 })
			const error = await errorOf(client.get('/secret', { correlationId: 'request-1', headers }))
			assert.equal(error.message, `Call to ${new URL(service.origin).host} failed: ${reason}`)
			assert.deepEqual([error.kind, error.correlationId], [reason.replace(/ .*/, ''), 'request-1'])
		})
	}

	it('ends a call at its deadline and closes the connection', async () => {
		service.answer((response) => response.writeHead(200).write('{'))
		assert.equal((await errorOf(createClient().get('/', { timeout: 100 }))).kind, 'timeout')
		if (!service.last.socket.destroyed) await once(service.last.socket, 'close')
	})

	it('ends a call when the caller gives up, which does not count as a failure', async () => {
		const client = createClient()
		const controller = new AbortController()
		service.answer(() => {
			controller.abort()
		})
		const error = await errorOf(client.get('/', { signal: controller.signal }))
		assert.deepEqual([error.kind, client.getCircuitStats().failures], ['aborted', 0])
	})

	it('waits for calls in flight before it closes, and makes none after that', async () => {
		const client = createClient()
		service.answer((response, request) => {
			setTimeout(json(200, { late: true }), 50, response, request)
		})
		const call = client.get('/')
		await client.close()
		assert.deepEqual((await call).data, { late: true })
		assert.equal((await errorOf(client.get('/'))).kind, 'network')
	})
})

describe('service client, circuit', () => {
	it('opens on failures, rejects calls while it is open, and recovers', async () => {
		let now = 0
		const circuitBreakerOptions = { failureThreshold: 3, timeout: 100, clock: () => now }
		const client = createClient({ circuitBreakerOptions })
		service.answer(json(500, {}))
		const kinds: string[] = []
		for (let call = 0; call < 4; call += 1) kinds.push((await errorOf(client.post('/'))).kind)
		assert.deepEqual(kinds, ['http', 'http', 'http', 'circuit_open'])
		assert.deepEqual([service.received.length, client.refuseForMs()], [3, 100])

		now = 100
		service.answer(json(200, {}))
		for (let call = 0; call < 2; call += 1) await client.post('/')
		assert.equal(client.getCircuitStats().state, 'CLOSED')
	})

	it('counts 5xx, dropped connections and timeouts, and no answer below 500', async () => {
		const client = createClient()
		const counted: number[] = []
		for (const answer of [json(500, {}), hangUp, silence, json(404, {}), json(429, {}), html]) {
			service.answer(answer)
			await errorOf(client.post('/', {}, { timeout: answer === silence ? 50 : 5_000 }))
			counted.push(client.getCircuitStats().failures)
		}
		assert.deepEqual(counted, [1, 2, 3, 3, 3, 3])
	})

	it('stays open as long as the service asks for, until a reset', async () => {
		const client = createClient({ circuitBreakerOptions: { failureThreshold: 1 } })
		service.answer(json(503, {}, { 'retry-after': '600' }))
		await errorOf(client.get('/'))
		assert.ok(((await errorOf(client.get('/'))).retryAfterMs ?? 0) > 200_000)
		client.resetCircuit()
		assert.equal(client.getCircuitStats().state, 'CLOSED')
	})
})

describe('service client, retries', () => {
	const [ok, busy] = [json(200, {}), json(503, {})]
	const later = json(429, {}, { 'retry-after': '60' })
	const rows: readonly (readonly [string, Answer[], RequestOptions | undefined, number])[] = [
		['repeats a GET after temporary failures', [busy, hangUp, ok], undefined, 3],
		['gives up after the last retry', [busy], undefined, 3],
		['does not repeat what will not change', [json(500, {})], undefined, 1],
		['does not wait past the deadline', [later], undefined, 1],
		['does not repeat a POST', [busy, ok], {}, 1],
		['repeats a POST with an idempotency key', [busy, ok], { idempotencyKey: 'order-1' }, 2],
		['repeats a POST that is idempotent', [busy, ok], { idempotent: true }, 2]
	]
	for (const [title, answers, post, requests] of rows) {
		it(title, async () => {
			const client = createClient({ retry: { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 2 } })
			service.answer(...answers)
			const call = post === undefined ? client.get('/') : client.post('/', {}, post)
			await call.catch(() => undefined)
			assert.deepEqual([service.received.length, client.getCircuitStats().totalCalls], [requests, 1])
		})
	}
})
