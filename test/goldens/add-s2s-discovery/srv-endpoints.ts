import type { SrvRecord } from 'node:dns';

import {
  type AddressResolver,
  createResolver,
  MIN_REFRESH_MS,
  resolveAddresses,
} from './resolve-addresses.js';
import { type Endpoint, type EndpointSource, type Lookup, urlAt } from './endpoint-source.js';

/** Node does not tell the TTL of SRV records: they are asked for again after this, or sooner by that of the targets. */
const MAX_REFRESH_MS = 30_000;
/** Targets that are looked up; each is a question. */
const MAX_TARGETS = 1_000;

/**
 * The targets of SRV records (RFC 2782) are endpoints, with their ports, priorities and weights, as Consul's DNS and
 * Kubernetes tell them. Over http their addresses are called, over https their names, which certificates hold.
 */
export class SrvEndpoints implements EndpointSource {
  readonly name: string;

  readonly #url: URL;
  readonly #resolver: AddressResolver;

  /** `url`: `http://_auth._tcp.service.consul`, with or without a path. @throws TypeError when it is no URL */
  constructor(url: string, resolver: AddressResolver = createResolver()) {
    this.#url = new URL(url);
    this.name = this.#url.hostname;
    this.#resolver = resolver;
  }

  async lookup(): Promise<Lookup> {
    const records = (await this.#resolver.resolveSrv(this.#url.hostname)).slice(0, MAX_TARGETS);
    if (this.#url.protocol === 'https:') {
      return { endpoints: records.flatMap((record) => this.#at(record.name, record)), refreshMs: MAX_REFRESH_MS };
    }
    const targets = await Promise.all(records.map((record) => this.#resolve(record)));
    const ttlMs = Math.min(...targets.map((target) => target.ttlMs));
    return {
      endpoints: targets.flatMap(({ endpoints }) => endpoints),
      refreshMs: Math.max(ttlMs, MIN_REFRESH_MS),
    };
  }

  /** A target without an address is no endpoint, and the others are. */
  async #resolve(record: SrvRecord): Promise<{ endpoints: readonly Endpoint[]; ttlMs: number }> {
    const { addresses, ttlMs } = await resolveAddresses(this.#resolver, record.name).catch(() => {
      return { addresses: [], ttlMs: MIN_REFRESH_MS };
    });
    const endpoints = addresses.flatMap((address) => this.#at(address, record));
    return { endpoints, ttlMs: Math.min(ttlMs, MAX_REFRESH_MS) };
  }

  #at(host: string, { port, priority, weight }: SrvRecord): readonly Endpoint[] {
    const url = urlAt(this.#url, host, port);
    // Weight 0 is a very small chance beside others, and no less than theirs among its own.
    return url === undefined ? [] : [{ url, priority, weight: Math.max(weight, 0.01) }];
  }
}
