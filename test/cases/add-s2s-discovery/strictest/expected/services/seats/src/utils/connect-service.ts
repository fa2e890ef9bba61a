import { BalancedClient, type BalancedClientOptions, type ServiceCaller } from './balanced-client.ts';
import { DnsEndpoints } from './dns-endpoints.ts';
import type { EndpointSource } from './endpoint-source.ts';
import { ServiceClient, type ServiceClientOptions } from './service-client.ts';
import { staticEndpoints } from './static-endpoints.ts';

export interface ConnectOptions
  extends ServiceClientOptions, Pick<BalancedClientOptions, 'zone' | 'attemptTimeout'> {
  /**
   * An http or https URL, or where the endpoints are:
   * - `static:http://10.0.0.1:3001,http://10.0.0.2:3001`
   * - `dns:http://auth.internal:3001`, every address of the host
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
    case 'static':
      return staticEndpoints(place.split(','));
    case 'dns':
      return new DnsEndpoints(place);
    default:
      return undefined;
  }
}
