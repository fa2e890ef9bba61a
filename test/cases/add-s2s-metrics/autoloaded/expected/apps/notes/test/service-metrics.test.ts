import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'

import serviceMetrics from '../src/plugins/service-metrics.js'
import { ServiceClient, type ServiceClientOptions } from '../src/utils/service-client.js'
import { tokenVerified } from '../src/utils/service-diagnostics.js'

let server: Server
let baseUrl = ''
let answer: (response: ServerResponse) => void = () => undefined
let registry = new Registry()
const apps: FastifyInstance[] = []
const clients: ServiceClient[] = []

const json = (status: number): ((response: ServerResponse) => void) => {
	return (response) => {
		response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
	}
}

/** An application with the metrics, in a registry of its own. */
async function buildApp(): Promise<FastifyInstance> {
	const app = Fastify()
	apps.push(app)
	await app.register(serviceMetrics, { registry })
	return app
}

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
	const circuitBreakerOptions = { name: 'users', failureThreshold: 1, ...options.circuitBreakerOptions }
	const client = new ServiceClient({ baseUrl, ...options, circuitBreakerOptions })
	clients.push(client)
	return client
}

/** The value of one series, such as `name{a="b"}`; undefined when it is not there. */
async function valueOf(series: string): Promise<number | undefined> {
	const lines = (await registry.metrics()).split('\n')
	const line = lines.find((each) => each.startsWith(`${series} `))
	return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

before(async () => {
	server = createServer((_request, response) => {
		answer(response)
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
})

beforeEach(() => {
	registry = new Registry()
	answer = json(200)
})

afterEach(async () => {
	for (const client of clients.splice(0)) await client.close()
	for (const app of apps.splice(0)) await app.close()
})

after(async () => {
	server.closeAllConnections()
	await new Promise((resolve) => server.close(resolve))
})

describe('service metrics', () => {
	it('counts calls by how they ended, and has them at 0 before the first one', async () => {
		await buildApp()
		const client = createClient({ circuitBreakerOptions: { failureThreshold: 2 } })
		assert.equal(await valueOf('s2s_client_calls_total{service="users",result="success"}'), 0)
		await client.get('/')
		answer = json(404)
		await client.get('/').catch(() => undefined)
		answer = json(500)
		await client.get('/').catch(() => undefined)
		await client.get('/').catch(() => undefined)
		await client.get('/').catch(() => undefined)
		client.refuseForMs()
		assert.equal(await valueOf('s2s_client_calls_total{service="users",result="success"}'), 1)
		assert.equal(await valueOf('s2s_client_calls_total{service="users",result="http_4xx"}'), 1)
		assert.equal(await valueOf('s2s_client_calls_total{service="users",result="http_5xx"}'), 2)
		assert.equal(await valueOf('s2s_client_calls_total{service="users",result="circuit_open"}'), 2)
	})

	it('measures calls by the pattern of their path', async () => {
		await buildApp()
		const client = createClient()
		await client.get('/users/7', { route: '/users/:id' })
		await client.get('/users/8', { route: '/users/:id' })
		await client.get('/users/9')
		const count = 's2s_client_call_duration_seconds_count'
		assert.equal(await valueOf(`${count}{service="users",route="/users/:id"}`), 2)
		assert.equal(await valueOf(`${count}{service="users",route="other"}`), 1)
	})

	it('has no more patterns than there is room for', async () => {
		await buildApp()
		const client = createClient()
		for (let id = 0; id < 110; id += 1) await client.get('/', { route: `/users/${String(id)}` })
		const count = 's2s_client_call_duration_seconds_count'
		assert.equal(await valueOf(`${count}{service="users",route="/users/99"}`), 1)
		assert.equal(await valueOf(`${count}{service="users",route="/users/100"}`), undefined)
		assert.equal(await valueOf(`${count}{service="users",route="other"}`), 10)
	})

	it('shows circuits and their changes, of clients that were there before it too', async () => {
		const client = createClient()
		await buildApp()
		assert.equal(await valueOf('s2s_client_circuits{service="users",state="CLOSED"}'), 1)
		assert.equal(await valueOf('s2s_client_circuits{service="users",state="OPEN"}'), 0)
		assert.equal(await valueOf('s2s_client_circuit_transitions_total{service="users",to="OPEN"}'), 0)
		answer = json(500)
		await client.get('/').catch(() => undefined)
		assert.equal(await valueOf('s2s_client_circuits{service="users",state="CLOSED"}'), 0)
		assert.equal(await valueOf('s2s_client_circuits{service="users",state="OPEN"}'), 1)
		assert.equal(await valueOf('s2s_client_circuit_transitions_total{service="users",to="OPEN"}'), 1)
		await client.close()
		assert.equal(await valueOf('s2s_client_circuits{service="users",state="OPEN"}'), undefined)
	})

	it('counts retries and tells what is left of the budget', async () => {
		await buildApp()
		const client = createClient({ retry: { maxRetries: 2, baseDelayMs: 1 } })
		assert.equal(await valueOf('s2s_client_retries_total{service="users"}'), 0)
		assert.equal(await valueOf('s2s_client_retry_budget{service="users"}'), 2)
		answer = json(503)
		await client.get('/').catch(() => undefined)
		assert.equal(await valueOf('s2s_client_retries_total{service="users"}'), 2)
		assert.equal(await valueOf('s2s_client_retry_budget{service="users"}'), 0)
	})

	it('counts what became of tokens', async () => {
		await buildApp()
		assert.equal(await valueOf('s2s_auth_verifications_total{result="valid",cached="false"}'), 0)
		tokenVerified('valid', false, 'request-1')
		tokenVerified('valid', true, 'request-2')
		assert.equal(await valueOf('s2s_auth_verifications_total{result="valid",cached="false"}'), 1)
		assert.equal(await valueOf('s2s_auth_verifications_total{result="valid",cached="true"}'), 1)
	})

	it('counts once, however many applications there are', async () => {
		await buildApp()
		await buildApp()
		await createClient().get('/')
		assert.equal(await valueOf('s2s_client_calls_total{service="users",result="success"}'), 1)
	})

	it('puts neither a path, nor a correlation ID, nor a header into a label', async () => {
		await buildApp()
		const headers = { authorization: 'Bearer a.secret.token' }
		await createClient().get('/users/private-id', {
			headers,
			correlationId: 'correlation-7',
			query: { token: 'in-query' }
		})
		const text = await registry.metrics()
		for (const secret of ['private-id', 'correlation-7', 'a.secret.token', 'in-query']) {
			assert.equal(text.includes(secret), false)
		}
	})

	it('answers at /metrics with all of it', async () => {
		const app = await buildApp()
		tokenVerified('valid', false, 'request-1')
		const { statusCode, headers, body } = await app.inject('/metrics')
		assert.equal(statusCode, 200)
		assert.match(String(headers['content-type']), /^text\/plain/)
		assert.ok(body.includes('s2s_auth_verifications_total{result="valid",cached="false"} 1'))
		assert.ok(body.includes('process_cpu_seconds_total'))
	})
})
