import { BalancedClient, type BalancedClientOptions, type ServiceCaller } from './balanced-client.js';
import { DnsEndpoints } from './dns-endpoints.js';
import type { EndpointSource } from './endpoint-source.js';
import { ServiceClient, type ServiceClientOptions } from './service-client.js';
import { SrvEndpoints } from './srv-endpoints.js';

export interface ConnectOptions
  extends ServiceClientOptions, Pick<BalancedClientOptions, 'zone' | 'attemptTimeout'> {
  /**
   * An http or https URL, or where the endpoints are:
   * - `dns:http://auth.internal:3001`, every address of the host
   * - `srv:http://_auth._tcp.service.consul`, the targets of SRV records
   */
  baseUrl: string;
}

/**
 * A client of the service at `baseUrl`: of one place, or of all endpoints that are found there. Close it when it is not
 * needed any more.
 * @throws TypeError or RangeError as a ServiceClient does
 */
export function connectService(options: ConnectOptions): ServiceCaller {
  const source = findSource(options.baseUrl);
  return source === undefined ? new ServiceClient(options) : new BalancedClient({ ...options, source });
}

/** Undefined: a plain URL. */
function findSource(baseUrl: string): EndpointSource | undefined {
  const colon = baseUrl.indexOf(':');
  const place = baseUrl.slice(colon + 1);
  switch (baseUrl.slice(0, colon)) {
    case 'dns':
      return new DnsEndpoints(place);
    case 'srv':
      return new SrvEndpoints(place);
    default:
      return undefined;
  }
}
