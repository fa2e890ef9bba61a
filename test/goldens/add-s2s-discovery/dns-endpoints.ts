import {
  type AddressResolver,
  createResolver,
  MIN_REFRESH_MS,
  resolveAddresses,
} from './resolve-addresses.js';
import { type EndpointSource, type Lookup, urlAt } from './endpoint-source.js';

/**
 * Every address of a host is an endpoint, as Kubernetes tells them of a headless service: A records, or AAAA records
 * where there are none, asked for again when their TTL is over. The host is a full name: no search domain is added.
 */
export class DnsEndpoints implements EndpointSource {
  readonly name: string;

  readonly #url: URL;
  readonly #resolver: AddressResolver;

  /**
   * `url`: `http://auth.internal:3001`, with or without a path.
   * @throws TypeError when it is not http: a certificate would have to name the addresses
   */
  constructor(url: string, resolver: AddressResolver = createResolver()) {
    this.#url = new URL(url);
    if (this.#url.protocol !== 'http:') {
      throw new TypeError('Endpoints by DNS addresses must be http: certificates name hosts, as SRV records do');
    }
    this.name = this.#url.hostname;
    this.#resolver = resolver;
  }

  async lookup(): Promise<Lookup> {
    const { addresses, ttlMs } = await resolveAddresses(this.#resolver, this.#url.hostname);
    const port = Number(this.#url.port === '' ? 80 : this.#url.port);
    const urls = addresses.flatMap((address) => urlAt(this.#url, address, port) ?? []);
    return { endpoints: urls.map((url) => ({ url })), refreshMs: Math.max(ttlMs, MIN_REFRESH_MS) };
  }
}
