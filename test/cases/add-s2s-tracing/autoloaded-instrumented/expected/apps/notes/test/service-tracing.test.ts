import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import {
	InMemorySpanExporter,
	NodeTracerProvider,
	type ReadableSpan,
	SimpleSpanProcessor
} from '@opentelemetry/sdk-trace-node'
import Fastify, { type FastifyInstance } from 'fastify'

import serviceTracing from '../src/plugins/service-tracing.js'
import { ServiceClient, type ServiceClientOptions } from '../src/utils/service-client.js'

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const apps: FastifyInstance[] = []
let log: Record<string, unknown>[] = []
const clients: ServiceClient[] = []
let server: Server
let baseUrl = ''
let answer: (response: ServerResponse) => void = () => undefined
let sent: IncomingHttpHeaders[] = []

const json = (status: number): ((response: ServerResponse) => void) => {
	return (response) => {
		response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
	}
}

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
	const circuitBreakerOptions = { name: 'users', failureThreshold: 1, ...options.circuitBreakerOptions }
	const client = new ServiceClient({ baseUrl, ...options, circuitBreakerOptions })
	clients.push(client)
	return client
}

/** An application that answers with what it knows of the trace. */
async function buildApp(): Promise<FastifyInstance> {
	const write = (line: string): void => {
		log.push(JSON.parse(line) as Record<string, unknown>)
	}
	const app = Fastify({ logger: { stream: { write } } })
	apps.push(app)
	await app.register(serviceTracing)
	app.route({
		method: ['GET', 'POST'],
		url: '/users/:id',
		handler: (request, reply) => {
			request.log.info('Answering')
			void reply.header('x-correlation-id', 'request-7')
			return { spanId: trace.getActiveSpan()?.spanContext().spanId }
		}
	})
	app.get('/broken', (_request, reply) => reply.code(500).send({}))
	await app.ready()
	return app
}

function spansOf(kind: SpanKind): ReadableSpan[] {
	return exporter.getFinishedSpans().filter((span) => span.kind === kind)
}

before(async () => {
	provider.register()
	server = createServer((request, response) => {
		sent.push(request.headers)
		answer(response)
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
})

beforeEach(() => {
	exporter.reset()
	log = []
	sent = []
	answer = json(200)
})

afterEach(async () => {
	for (const client of clients.splice(0)) await client.close()
	for (const app of apps.splice(0)) await app.close()
})

after(async () => {
	await provider.shutdown()
	trace.disable()
	context.disable()
	propagation.disable()
	server.closeAllConnections()
	await new Promise((resolve) => server.close(resolve))
})

describe('service tracing, requests that come in', () => {
	it('leaves the span to the instrumentation, and puts the correlation ID on it', async () => {
		const app = await buildApp()
		await trace.getTracer('instrumentation').startActiveSpan('GET', async (span) => {
			await app.inject('/users/7')
			span.end()
		})
		assert.deepEqual(spansOf(SpanKind.SERVER), [])
		const [span] = spansOf(SpanKind.INTERNAL)
		assert.equal(span?.attributes['correlation.id'], 'request-7')
	})
})

describe('service tracing, calls to others', () => {
	it('hands the trace on', async () => {
		await buildApp()
		await createClient().get('/users/7', {
			route: '/users/:id',
			query: { token: 'secret' },
			correlationId: 'request-7'
		})
		const [call] = spansOf(SpanKind.INTERNAL)
		assert.equal(call?.name, 'call users')
		assert.deepEqual(call?.attributes, { 'correlation.id': 'request-7', 'circuit_breaker.state': 'CLOSED' })
		const traceparent = String(sent[0]?.['traceparent']).split('-')
		assert.equal(traceparent[1], call?.spanContext().traceId)
		assert.deepEqual(spansOf(SpanKind.CLIENT), [])
		assert.equal(traceparent[2], call?.spanContext().spanId)
	})

	it('says why a call failed', async () => {
		await buildApp()
		answer = json(404)
		await createClient().get('/').catch(() => undefined)
		answer = () => undefined
		await createClient({ timeout: 50 }).get('/').catch(() => undefined)
		const [notFound, late] = spansOf(SpanKind.INTERNAL)
		assert.equal(notFound?.status.code, SpanStatusCode.ERROR)
		assert.equal(notFound?.attributes['error.type'], '404')
		assert.equal(late?.attributes['error.type'], 'timeout')
	})

	it('has a span for each attempt', async () => {
		await buildApp()
		answer = (response) => {
			answer = json(200)
			json(503)(response)
		}
		await createClient({ retry: { baseDelayMs: 1 } }).get('/')
		const [call] = spansOf(SpanKind.INTERNAL)
		assert.equal(call?.status.code, SpanStatusCode.UNSET)
		assert.deepEqual(call?.events.map(({ name }) => name), ['retry'])
	})

	it('shows what the circuit does', async () => {
		await buildApp()
		const client = createClient()
		await trace.getTracer('test').startActiveSpan('request', async (span) => {
			answer = json(500)
			await client.get('/').catch(() => undefined)
			await client.get('/').catch(() => undefined)
			span.end()
		})
		const [failed, refused, request] = spansOf(SpanKind.INTERNAL)
		assert.equal(failed?.attributes['error.type'], '500')
		assert.equal(refused?.attributes['error.type'], 'circuit_open')
		assert.equal(refused?.attributes['circuit_breaker.state'], 'OPEN')
		assert.equal(refused?.parentSpanContext?.spanId, request?.spanContext().spanId)
		assert.equal(request?.events[0]?.name, 'circuit_breaker.change')
		assert.deepEqual(request?.events[0]?.attributes, { circuit: 'users', from: 'CLOSED', to: 'OPEN' })
	})
})
