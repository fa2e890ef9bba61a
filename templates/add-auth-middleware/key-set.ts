import { createLocalJWKSet, type JWK } from 'jose';

import {
  type ServiceClient,
  ServiceClientError,
  type ServiceClientLogger,
} from '../add-service-client/service-client.ts';

export interface KeySetOptions {
  /** Path of the key set, below the base URL of the client. Default `/.well-known/jwks.json`. */
  jwksPath?: string;
  /** Accepted algorithms, all asymmetric. Default RS256, PS256, ES256, EdDSA. */
  algorithms?: readonly string[];
  /** Milliseconds after which the keys are fetched again; the known ones verify meanwhile. Default 600 000. */
  refreshMs?: number;
  /** Milliseconds between two fetches for an unknown key, and after a failed one. Default 30 000. */
  cooldownMs?: number;
  /** Milliseconds for which known keys verify while the key server is down. Default 172 800 000 (48 hours). */
  keepMs?: number;
  /** Milliseconds, monotonic. Default `performance.now`. */
  clock?: () => number;
}

export type KeyClient = Pick<ServiceClient, 'get' | 'refuseForMs'>;
export type KeyLogger = Pick<ServiceClientLogger, 'warn'>;
/** Finds the key of a token by its header. */
export type Keys = ReturnType<typeof createLocalJWKSet>;

export const ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** Milliseconds between two fetches while no key is known. */
const FIRST_FETCH_PAUSE_MS = 1_000;
const PUBLIC_MEMBERS = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'];
/** base64url characters of a modulus of 2 048 bits, the least that RS256 and PS256 may have. */
const MIN_MODULUS_LENGTH = 342;

/** The keys of the issuer. Known keys outlive an outage of the key server; nothing that a token says is fetched. */
export class KeySet {
  readonly #client: KeyClient;
  readonly #log: KeyLogger;
  readonly #path: string;
  readonly #algorithms: readonly string[];
  readonly #refreshMs: number;
  readonly #cooldownMs: number;
  readonly #keepMs: number;
  readonly #clock: () => number;
  readonly #onChange: () => void;
  #keys: Keys | undefined;
  #published = '';
  #failure: Error | undefined;
  #fetching: Promise<void> | undefined;
  /** By the monotonic clock, of the last fetch and of the last that succeeded. */
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #fetchedAt = Number.NEGATIVE_INFINITY;

  constructor(client: KeyClient, log: KeyLogger, options: KeySetOptions, onChange: () => void) {
    this.#client = client;
    this.#log = log;
    this.#path = options.jwksPath ?? '/.well-known/jwks.json';
    this.#algorithms = options.algorithms ?? ALGORITHMS;
    this.#refreshMs = aboveZero('refreshMs', options.refreshMs ?? 600_000);
    this.#cooldownMs = aboveZero('cooldownMs', options.cooldownMs ?? 30_000);
    this.#keepMs = aboveZero('keepMs', options.keepMs ?? 172_800_000);
    this.#clock = options.clock ?? (() => performance.now());
    this.#onChange = onChange;
  }

  isCurrent(keys: Keys): boolean {
    return this.#keys === keys;
  }

  /** Milliseconds for which no key is known and none can be fetched: the circuit of the client is open. */
  waitMs(): number {
    return this.#usable() === undefined ? this.#client.refuseForMs() : 0;
  }

  /** Fetches the known keys again in the background. */
  refreshIfDue(): void {
    const pauseMs = this.#failure === undefined ? this.#refreshMs : this.#cooldownMs;
    if (this.#clock() - this.#attemptedAt < pauseMs || this.#usable() === undefined) return;
    this.#fetch().catch((error: unknown) => {
      this.#log.warn({ err: error }, 'The key set could not be fetched: the known keys stay in use');
    });
  }

  /** @throws ServiceClientError if no key is known and the key server does not answer */
  async get(): Promise<Keys> {
    const known = this.#usable();
    if (known !== undefined) return known;
    await this.#fetchAfter(Math.min(FIRST_FETCH_PAUSE_MS, this.#cooldownMs));
    if (this.#keys === undefined) throw keySetError('No key is known');
    return this.#keys;
  }

  /**
   * Other keys than the ones that do not fit a token; undefined if there are none. One fetch per cool-down.
   * @throws ServiceClientError if the key server did not answer the last time: the token may be signed with a new key
   */
  async renew(known: Keys): Promise<Keys | undefined> {
    if (this.isCurrent(known)) await this.#fetchAfter(this.#cooldownMs);
    return this.isCurrent(known) ? undefined : this.#keys;
  }

  #usable(): Keys | undefined {
    if (this.#keys !== undefined && this.#clock() - this.#fetchedAt >= this.#keepMs) {
      this.#keys = undefined;
      this.#published = '';
      this.#onChange();
    }
    return this.#keys;
  }

  /** Fetches the keys, unless the last attempt is less than `pauseMs` ago: then it ends as that attempt did. */
  async #fetchAfter(pauseMs: number): Promise<void> {
    if (this.#fetching !== undefined || this.#clock() - this.#attemptedAt >= pauseMs) await this.#fetch();
    else if (this.#failure !== undefined) throw this.#failure;
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #load(): Promise<void> {
    const startedAt = this.#clock();
    this.#attemptedAt = startedAt;
    try {
      // The key set is public: the service secret is not for its server.
      const headers = { 'x-service-secret': '' };
      const { data } = await this.#client.get(this.#path, { headers, route: this.#path });
      const keys = publicKeys(data, this.#algorithms);
      if (keys.length === 0) throw keySetError('The key server published no usable key');
      this.#failure = undefined;
      this.#fetchedAt = startedAt;
      const published = JSON.stringify(keys);
      if (published === this.#published) return;
      this.#published = published;
      this.#keys = createLocalJWKSet({ keys });
      this.#onChange();
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }
}

/** The public part of the keys that may verify. */
function publicKeys(data: unknown, algorithms: readonly string[]): JWK[] {
  const { keys } = isRecord(data) ? data : {};
  const usable = Array.isArray(keys) ? keys.filter((key) => isRecord(key) && isUsable(key, algorithms)) : [];
  return usable.map((key: Record<string, unknown>) => {
    const members = PUBLIC_MEMBERS.filter((name) => key[name] !== undefined).map((name) => [name, key[name]]);
    return Object.fromEntries(members) as JWK;
  });
}

function isUsable(
  { alg, key_ops: operations, kty, n, use }: Record<string, unknown>,
  algorithms: readonly string[],
): boolean {
  if (use !== undefined && use !== 'sig') return false;
  if (Array.isArray(operations) && !operations.includes('verify')) return false;
  if (alg !== undefined && !algorithms.some((one) => one === alg)) return false;
  if (kty === 'RSA') return typeof n === 'string' && n.length >= MIN_MODULUS_LENGTH;
  return kty === 'EC' || kty === 'OKP';
}

export function keySetError(message: string, cause?: unknown): ServiceClientError {
  return new ServiceClientError('invalid_response', message, {
    service: 'key server',
    correlationId: '',
    cause,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws RangeError */
export function aboveZero(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${name} must be finite and above 0, got ${String(value)}`);
}
