import { isIPv6 } from 'node:net'

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RefusalLimit } from '../utils/refusal-limit.js'
import { createMemoryBuckets, type Quota, type Take, type TokenBuckets, tokenMs } from '../utils/token-bucket.js'

declare module 'fastify' {
	interface FastifyContextConfig {
		/** The quota of this route for each caller; false: no limit. Written as @fastify/rate-limit has it. */
		rateLimit?: Quota | false
	}
}

export interface RateLimitOptions {
	/** Requests of one caller to one route. Default 100 at once, and 10 a second that last. */
	quota?: Quota
	/** Bad tokens of one address, after which nothing of it is looked at. Default 20 at once, and in a minute. */
	refusalQuota?: Quota
	/** Route patterns without a limit. Default: those of probes. */
	unlimitedRoutes?: readonly string[]
	/** Default: in memory, for this instance alone. */
	buckets?: TokenBuckets
}


/**
 * Limits what each caller may ask of each route, by token buckets, and turns addresses away that try bad tokens.
 * 429 with `Retry-After` and, on every answer of a limited route, `RateLimit-Limit`, `-Remaining` and `-Reset` as in
 * draft-ietf-httpapi-ratelimit-headers-06: in seconds.
 * Register it before the plugins whose tokens it protects.
 */
export const rateLimit = fp<RateLimitOptions>(
	(app, options, done) => {
		try {
			limitRate(app, options)
			done()
		} catch (error) {
			done(error as Error)
		}
	},
	{ name: 'rate-limit' }
)

export default rateLimit

/** @throws RangeError when a quota makes no sense */
function limitRate(app: FastifyInstance, options: RateLimitOptions): void {
	const quota = checked(options.quota ?? { max: 100, timeWindow: 10_000 })
	const refusalQuota = checked(options.refusalQuota ?? { max: 20, timeWindow: 60_000 })
	const unlimited = new Set(options.unlimitedRoutes ?? ['/health'])
	const buckets = options.buckets ?? createMemoryBuckets()
	const refusals = new RefusalLimit(buckets, refusalQuota)

	const quotaOf = ({ routeOptions: { config, url = '' } }: FastifyRequest): Quota | false => {
		if (unlimited.has(url)) return false
		const { rateLimit } = config
		return rateLimit ?? quota
	}

	app.addHook('onRequest', (request, reply, next) => {
		const waitMs = refusals.blockedForMs(addressOf(request))
		if (waitMs === 0 || quotaOf(request) === false) next()
		else tooMany(reply, waitMs)
	})

	// Authentication comes first, so that the caller is known; the body comes later.
	app.addHook('preParsing', async (request, reply) => {
		const own = quotaOf(request)
		if (own === false) return undefined
		const { method, routeOptions } = request
		const take = await ask(buckets, `${method} ${routeOptions.url ?? ''}|${callerOf(request)}`, own, request)
		if (take === undefined) return unavailable(reply)
		void reply.headers({
			'ratelimit-limit': own.max,
			'ratelimit-remaining': take.remaining,
			'ratelimit-reset': Math.ceil(take.resetMs / 1_000)
		})
		return take.retryAfterMs > 0 ? tooMany(reply, take.retryAfterMs) : undefined
	})

	app.addHook('onResponse', (request, reply, next) => {
		const refused = reply.statusCode === 401 && request.headers.authorization !== undefined
		if (refused) void count(refusals, request)
		else if (request.user !== null) refusals.accepted(addressOf(request))
		next()
	})
}

/** @throws RangeError when the quota makes no sense */
function checked(quota: Quota): Quota {
	tokenMs(quota)
	return quota
}

/** Undefined when nobody can tell. */
async function ask(
	buckets: TokenBuckets,
	key: string,
	quota: Quota,
	{ log }: FastifyRequest
): Promise<Take | undefined> {
	try {
		return await buckets.take(key, quota)
	} catch (error) {
		log.error({ err: error }, 'Rate limit cannot be told')
		return undefined
	}
}

async function count(refusals: RefusalLimit, request: FastifyRequest): Promise<void> {
	const address = addressOf(request)
	try {
		const isBlocked = await refusals.refused(address)
		if (isBlocked) request.log.warn({ address }, 'Too many bad tokens: the address is turned away')
	} catch (error) {
		request.log.error({ err: error }, 'Bad tokens cannot be counted')
	}
}

function tooMany(reply: FastifyReply, waitMs: number): FastifyReply {
	const seconds = Math.max(1, Math.ceil(waitMs / 1_000))
	return reply.code(429).header('retry-after', seconds).send({ error: 'Too many requests' })
}

function unavailable(reply: FastifyReply): FastifyReply {
	return reply
		.code(503)
		.header('retry-after', 1)
		.send({ error: 'Service temporarily unavailable. Please try again later.' })
}

/** The user, by the word of the auth service, else the address. */
function callerOf(request: FastifyRequest): string {
	const user = request.user
	return user === null ? addressOf(request) : `user|${user.userId}`
}

/** What Fastify takes for the client's address: see its option `trustProxy`. A network of IPv6, a /64, is one caller. */
function addressOf({ ip }: FastifyRequest): string {
	if (!isIPv6(ip)) return ip
	const [, mapped] = /^::ffff:([\d.]+)$/i.exec(ip) ?? []
	if (mapped !== undefined) return mapped
	const [head = '', tail = ''] = ip.split('::')
	const [before, after] = [head.split(':'), tail.split(':')]
	const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
	return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}
