import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'

import { ConsulEndpoints } from '../src/utils/consul-endpoints.js'
import { EurekaEndpoints } from '../src/utils/eureka-endpoints.js'
import { connectService } from '../src/utils/connect-service.js'
import { urlAt } from '../src/utils/endpoint-source.js'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const json = (data: unknown, headers: Record<string, string> = {}): Answer => {
	return (_request, response) => {
		response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data))
	}
}

/** Takes the part of a service, or of a registry: a real server that answers as a test wants it to. */
let server: Server
let origin = ''
let answer: Answer = json({ ok: true })
let seen: IncomingMessage[] = []

before(async () => {
	server = createServer((request, response) => {
		seen.push(request)
		answer(request, response)
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
})

beforeEach(() => {
	answer = json({ ok: true })
	seen = []
})

after(async () => {
	server.closeAllConnections()
	await new Promise((resolve) => server.close(resolve))
})

describe('connectService', () => {
	it('calls a plain URL as a ServiceClient does', async () => {
		const client = connectService({ baseUrl: `${origin}/api` })
		assert.deepEqual((await client.get('/users')).data, { ok: true })
		assert.equal(seen[0]?.url, '/api/users')
		await client.close()
		assert.throws(() => connectService({ baseUrl: 'nothing' }), /Invalid URL/)
		assert.throws(() => connectService({ baseUrl: 'ftp://127.0.0.1' }), /must be an http or https URL/)
	})

	it('makes URLs of what is a host and a port, and of nothing else', () => {
		const base = new URL('http://orders/api')
		assert.equal(urlAt(base, '10.0.0.1', 80), 'http://10.0.0.1:80/api')
		assert.equal(urlAt(base, 'fd00::1', 80), 'http://[fd00::1]:80/api')
		for (const host of [undefined, '', 'a/b', 'user@a', 'a:1', 'a b']) assert.equal(urlAt(base, host, 80), undefined)
		for (const port of [undefined, 0, 65_536, 1.5, Number.NaN]) assert.equal(urlAt(base, 'a', port), undefined)
	})
})

describe('endpoints by Consul (a stand-in for its HTTP API)', () => {
	const open = new AbortController().signal
	const instance = {
		Node: { Address: '10.0.0.9', Meta: { zone: 'b' } },
		Service: { Address: '10.0.0.1', Port: 3001, Meta: { zone: 'a' }, Weights: { Passing: 3 } }
	}
	const query = (index: number): URLSearchParams => new URL(seen[index]?.url ?? '', origin).searchParams

	it('are the instances whose checks pass', async () => {
		const bare = { Node: { Address: '10.0.0.9', Meta: null }, Service: { Address: '', Port: 3002, Weights: { Passing: 0 } } }
		const broken = { Node: { Address: '10.0.0.9' }, Service: { Address: '', Port: 0 } }
		const flat = { Address: '10.0.0.9', ServiceAddress: '10.0.0.3', ServicePort: 3003, NodeMeta: { zone: 'b' } }
		answer = json([instance, bare, broken, flat], { 'x-consul-index': '7' })
		const source = new ConsulEndpoints(`${origin}/v1/health/service/auth?dc=eu`, { token: 'secret-1' })
		const { endpoints, refreshMs } = await source.lookup(open)
		assert.deepEqual(endpoints, [
			{ url: 'http://10.0.0.1:3001/', zone: 'a', weight: 3 },
			{ url: 'http://10.0.0.9:3002/', zone: undefined },
			{ url: 'http://10.0.0.3:3003/', zone: 'b' }
		])
		assert.equal(source.name, 'auth')
		assert.deepEqual([query(0).get('passing'), query(0).get('dc'), query(0).get('index')], ['true', 'eu', null])
		assert.equal(seen[0]?.headers['x-consul-token'], 'secret-1')
		// A loop that never waits would be a flood.
		assert.ok(refreshMs > 500)
	})

	it('are waited for by index, which begins anew when it goes backwards or is none', async () => {
		const source = new ConsulEndpoints(`${origin}/v1/health/service/auth`, { waitMs: 5_000 })
		for (const index of ['7', '9', '3', '4', '0', 'none', '5']) {
			answer = json([instance], { 'x-consul-index': index })
			await source.lookup(open)
		}
		assert.deepEqual(seen.map((_, index) => query(index).get('index')), [null, '7', '9', null, '4', null, null])
		assert.deepEqual([query(0).get('wait'), query(1).get('wait')], [null, '5000ms'])
	})

	it('are not known when it fails, is redirected or the wait is over', async () => {
		const source = new ConsulEndpoints(`${origin}/v1/health/service/auth`, { protocol: 'https' })
		answer = (_request, response) => response.writeHead(500).end('No cluster leader')
		await assert.rejects(source.lookup(open), { message: `${new URL(origin).host} answered 500` })
		answer = (request, response) => {
			if (request.url === '/elsewhere') json([instance])(request, response)
			else response.writeHead(302, { location: '/elsewhere' }).end()
		}
		await assert.rejects(source.lookup(open), { name: 'TypeError' })
		answer = () => undefined
		const closing = new AbortController()
		setTimeout(() => {
			closing.abort()
		}, 20)
		const error: unknown = await source.lookup(closing.signal).catch((reason: unknown) => reason)
		assert.match(String(error), /did not answer in time/)
		answer = json([instance])
		assert.equal((await source.lookup(open)).endpoints[0]?.url, 'https://10.0.0.1:3001/')
	})

	it('are called', async () => {
		const { hostname, port } = new URL(origin)
		const own = { Service: { Address: hostname, Port: Number(port) } }
		answer = (request, response) => {
			const isRegistry = request.url?.startsWith('/v1/') === true
			json(isRegistry ? [own] : { ok: true }, { 'x-consul-index': '1' })(request, response)
		}
		const client = connectService({ baseUrl: `consul:${origin}/v1/health/service/auth` })
		assert.deepEqual((await client.get('/users')).data, { ok: true })
		await client.close()
	})
})

describe('endpoints by Eureka (a stand-in for its REST operations)', () => {
	const open = new AbortController().signal
	const up = {
		status: 'UP',
		ipAddr: '10.0.0.1',
		hostName: 'one.internal',
		port: { $: 3001, '@enabled': 'true' },
		securePort: { $: 443, '@enabled': 'false' },
		metadata: { zone: 'a' }
	}

	it('are the instances that are up', async () => {
		const down = { ...up, status: 'DOWN', ipAddr: '10.0.0.2' }
		const secure = {
			status: 'UP',
			hostName: 'two.internal',
			port: { $: 80, '@enabled': 'false' },
			securePort: { $: '8443', '@enabled': 'true' },
			dataCenterInfo: { metadata: { 'availability-zone': 'b' } }
		}
		const closed = { ...up, port: undefined }
		answer = json({ application: { instance: [up, down, secure, closed] } })
		const withUser = origin.replace('http://', 'http://user:p%40ss@')
		const source = new EurekaEndpoints(`${withUser}/eureka/apps/AUTH`)
		assert.deepEqual(await source.lookup(open), {
			endpoints: [
				{ url: 'http://10.0.0.1:3001/', zone: 'a' },
				{ url: 'https://two.internal:8443/', zone: 'b' }
			],
			unusable: 1,
			refreshMs: 30_000
		})
		assert.equal(source.name, 'AUTH')
		assert.equal(seen[0]?.headers.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`)
		assert.equal(seen[0]?.headers.accept, 'application/json')
	})

	it('may be one, or none', async () => {
		const source = new EurekaEndpoints(`${origin}/eureka/apps/AUTH`, 5_000)
		answer = json({ application: { instance: up } })
		assert.equal((await source.lookup(open)).endpoints.length, 1)
		answer = json({})
		assert.deepEqual(await source.lookup(open), { endpoints: [], unusable: 0, refreshMs: 5_000 })
		assert.equal(seen[0]?.headers.authorization, undefined)
		answer = (_request, response) => response.writeHead(404).end()
		await assert.rejects(source.lookup(open), { message: `${new URL(origin).host} answered 404` })
	})

	it('are called', async () => {
		const { hostname, port } = new URL(origin)
		const own = { ...up, ipAddr: hostname, port: { $: Number(port), '@enabled': 'true' } }
		answer = (request, response) => {
			const isRegistry = request.url?.startsWith('/eureka/') === true
			json(isRegistry ? { application: { instance: [own] } } : { ok: true })(request, response)
		}
		const client = connectService({ baseUrl: `eureka:${origin}/eureka/apps/AUTH` })
		assert.deepEqual((await client.get('/users')).data, { ok: true })
		await client.close()
	})
})
