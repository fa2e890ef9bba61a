import { createHash } from 'node:crypto'

export interface ClaimCacheOptions {
	/** Milliseconds for which a verified token is not asked about again: a revocation that is missed takes that long. */
	ttlMs: number
	/** Tokens kept of each kind, verified and refused; the oldest goes first. Default 1 000. */
	maxEntries?: number
	/** Milliseconds, monotonic. Default `performance.now`. */
	clock?: () => number
	/** Epoch milliseconds, for the tokens' own expiry. Default `Date.now`. */
	now?: () => number
}

interface Entry<T> {
	readonly claims: T
	/** By the monotonic clock. */
	readonly staleAt: number
	/** Epoch milliseconds; `Infinity` when the token does not say. */
	readonly expiresAt: number
	/** What the blacklist of the auth service knows the token by. */
	readonly revocationKey: string
}

/** A refusal is kept for a moment only: the same token may be asked about again by mistake, not for long. */
const REFUSAL_TTL_MS = 1_000
/** A question to the auth service is answered sooner, or not at all. */
const REVOCATION_TTL_MS = 300_000
const MAX_REVOCATIONS = 10_000

/**
 * Remembers what the auth service said of a token, by the whole token and never past its `exp`. Refused tokens have
 * a place of their own, so that garbage cannot push verified ones out.
 */
export class ClaimCache<T extends object> {
	readonly #ttlMs: number
	readonly #maxEntries: number
	readonly #clock: () => number
	readonly #now: () => number
	readonly #verified = new Map<string, Entry<T>>()
	readonly #refused = new Map<string, number>()
	/** Keys that were revoked lately, with the time until which answers from before may still come. */
	readonly #revoked = new Map<string, number>()

	/** @throws RangeError when a number is not above 0 */
	constructor(options: ClaimCacheOptions) {
		this.#ttlMs = aboveZero('ttlMs', options.ttlMs)
		this.#maxEntries = aboveZero('maxEntries', options.maxEntries ?? 1_000)
		this.#clock = options.clock ?? (() => performance.now())
		this.#now = options.now ?? (() => Date.now())
	}

	/** The claims; null for a token known to be refused; undefined for one to ask about. */
	get(token: string): T | null | undefined {
		const entry = this.#verified.get(token)
		if (entry !== undefined) {
			if (this.#clock() < entry.staleAt && this.#now() < entry.expiresAt) return entry.claims
			this.#verified.delete(token)
		}
		const refusedUntil = this.#refused.get(token)
		if (refusedUntil === undefined) return undefined
		if (this.#clock() < refusedUntil) return null
		this.#refused.delete(token)
		return undefined
	}

	/** Remembers the claims, or with null that the token was refused, and gives them back. */
	set(token: string, claims: T | null): T | null {
		if (claims === null) {
			this.#refused.delete(token)
			this.#refused.set(token, this.#clock() + Math.min(this.#ttlMs, REFUSAL_TTL_MS))
			dropOldest(this.#refused, this.#maxEntries)
		} else {
			const { expiresAt, revocationKey } = readToken(token)
			// The answer is from before the revocation, and only now has it come.
			if (this.#isRevoked(revocationKey)) return this.set(token, null)
			this.#verified.delete(token)
			const staleAt = this.#clock() + this.#ttlMs
			this.#verified.set(token, { claims, staleAt, expiresAt, revocationKey })
			dropOldest(this.#verified, this.#maxEntries)
		}
		return claims
	}

	/** Forgets the token of that key of the blacklist; what was asked about it before is no answer any more. */
	revoke(key: string): void {
		this.#revoked.delete(key)
		this.#revoked.set(key, this.#clock() + REVOCATION_TTL_MS)
		dropOldest(this.#revoked, MAX_REVOCATIONS)
		for (const [token, { revocationKey }] of this.#verified) {
			if (revocationKey === key) this.#verified.delete(token)
		}
	}

	/** Forgets every verified token: a revocation may have been missed. */
	clear(): void {
		this.#verified.clear()
	}

	#isRevoked(key: string): boolean {
		return (this.#revoked.get(key) ?? -Infinity) > this.#clock()
	}
}

function dropOldest(entries: Map<string, unknown>, maxEntries: number): void {
	const [oldest] = entries.keys()
	if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest)
}

/**
 * When a token that was verified already expires, and what the blacklist of the auth service knows it by: its `jti`, else
 * its SHA-256. The two must stay as token-blacklist.ts there has them.
 */
function readToken(token: string): Pick<Entry<object>, 'expiresAt' | 'revocationKey'> {
	const { exp, jti } = payloadOf(token)
	const isNamed = typeof jti === 'string' && jti !== '' && jti.length <= 256
	return {
		expiresAt: typeof exp === 'number' ? exp * 1_000 : Infinity,
		revocationKey: isNamed ? `jti:${jti}` : `sha256:${createHash('sha256').update(token).digest('hex')}`
	}
}

/** Empty for what is no JWT. */
function payloadOf(token: string): Readonly<Record<string, unknown>> {
	const [, payload = ''] = token.split('.')
	try {
		const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
		return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {}
	} catch {
		return {}
	}
}

function aboveZero(name: string, value: number): number {
	if (Number.isFinite(value) && value > 0) return value
	throw new RangeError(`${name} must be finite and above 0, got ${String(value)}`)
}
