import { performance } from 'node:perf_hooks';

import { readEntries, requestRegistry } from './registry-request.js';
import { type Endpoint, type EndpointSource, type Lookup, urlAt } from './endpoint-source.js';

export interface ConsulOptions {
  /** Sent as `X-Consul-Token`. Default `CONSUL_HTTP_TOKEN`. */
  token?: string | undefined;
  /** Of the endpoints. Default http. */
  protocol?: 'http' | 'https';
  /** Milliseconds for which Consul holds a query until something changes. Default 60 000; it adds up to a 16th. */
  waitMs?: number;
}

/** What is read of an entry of `/v1/health/service/<name>`, and of the flat ones of `/v1/catalog/service/<name>`. */
interface ConsulEntry {
  Node?: { Address?: string; Meta?: Record<string, string> | null };
  Service?: {
    Address?: string;
    Port?: number;
    Meta?: Record<string, string> | null;
    Weights?: { Passing?: number };
  };
  Address?: string;
  ServiceAddress?: string;
  ServicePort?: number;
  ServiceMeta?: Record<string, string> | null;
  ServiceWeights?: { Passing?: number };
  NodeMeta?: Record<string, string> | null;
}

/** However often something changes, not more than one query in this many milliseconds. */
const MIN_INTERVAL_MS = 1_000;

/**
 * The instances of a service by Consul's HTTP API, with blocking queries: each answer comes when something has changed.
 * Of the health endpoint those whose checks pass; of the catalog all. `zone` is read from the meta of service or node.
 */
export class ConsulEndpoints implements EndpointSource {
  readonly name: string;

  readonly #url: URL;
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #waitMs: number;
  /** Of the last answer; 0: ask without waiting. */
  #index = 0;

  /** `url`: `http://127.0.0.1:8500/v1/health/service/auth`, with `dc`, `tag` or `filter` where they are wanted. */
  constructor(url: string, options: ConsulOptions = {}) {
    this.#url = new URL(url);
    this.#url.searchParams.set('passing', 'true');
    this.#base = new URL(`${options.protocol ?? 'http'}://consul/`);
    this.name = this.#url.pathname.split('/').pop() ?? '';
    const token = options.token ?? process.env['CONSUL_HTTP_TOKEN'] ?? '';
    this.#headers = token === '' ? {} : { 'x-consul-token': token };
    this.#waitMs = options.waitMs ?? 60_000;
  }

  async lookup(signal: AbortSignal): Promise<Lookup> {
    const startedAt = performance.now();
    const url = new URL(this.#url);
    const asked = this.#index;
    if (asked > 0) {
      url.searchParams.set('index', String(asked));
      url.searchParams.set('wait', `${String(this.#waitMs)}ms`);
    }
    const timeoutMs = this.#waitMs * 1.1 + 5_000;
    // What fails may be the fault of the index.
    this.#index = 0;
    const { headers, data } = await requestRegistry(url, this.#headers, timeoutMs, signal);
    const { found, unusable } = readEntries(data, (entry: ConsulEntry) => [this.#read(entry)]);
    this.#follow(asked, Number(headers.get('x-consul-index')));
    const elapsedMs = performance.now() - startedAt;
    return { endpoints: found, unusable, refreshMs: Math.max(0, MIN_INTERVAL_MS - elapsedMs) };
  }

  /** An index that went backwards, after a restore or an upgrade, would block for ever: begin anew, as Consul asks. */
  #follow(asked: number, index: number): void {
    this.#index = index >= asked && index > 0 && Number.isSafeInteger(index) ? index : 0;
  }

  #read(entry: ConsulEntry): Endpoint | undefined {
    const { Node: node, Service: service } = entry;
    const addresses = [service?.Address, entry.ServiceAddress, node?.Address, entry.Address];
    const host = addresses.find((address) => address !== undefined && address !== '');
    const url = urlAt(this.#base, host, service?.Port ?? entry.ServicePort);
    if (url === undefined) return undefined;
    const metas = [service?.Meta, entry.ServiceMeta, node?.Meta, entry.NodeMeta];
    const zone = metas.map((meta) => meta?.['zone']).find((one) => one !== undefined);
    const weight = (service?.Weights ?? entry.ServiceWeights)?.Passing;
    return weight === undefined || weight <= 0 ? { url, zone } : { url, zone, weight };
  }
}
