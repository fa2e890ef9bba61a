import { BalancedClient, type BalancedClientOptions, type ServiceCaller } from '@/utils/balanced-client';
import { ConsulEndpoints } from '@/utils/consul-endpoints';
import { DnsEndpoints } from '@/utils/dns-endpoints';
import type { EndpointSource } from '@/utils/endpoint-source';
import { EurekaEndpoints } from '@/utils/eureka-endpoints';
import { ServiceClient, type ServiceClientOptions } from '@/utils/service-client';
import { SrvEndpoints } from '@/utils/srv-endpoints';
import { staticEndpoints } from '@/utils/static-endpoints';

export interface ConnectOptions
  extends ServiceClientOptions, Pick<BalancedClientOptions, 'zone' | 'attemptTimeout'> {
  /**
   * An http or https URL, or where the endpoints are:
   * - `static:http://10.0.0.1:3001,http://10.0.0.2:3001`
   * - `dns:http://auth.internal:3001`, every address of the host
   * - `srv:http://_auth._tcp.service.consul`, the targets of SRV records
   * - `consul:http://127.0.0.1:8500/v1/health/service/auth`, by Consul's HTTP API
   * - `eureka:http://eureka:8761/eureka/apps/AUTH`, by Eureka's REST operations
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
    case 'srv':
      return new SrvEndpoints(place);
    case 'consul':
      return new ConsulEndpoints(place);
    case 'eureka':
      return new EurekaEndpoints(place);
    default:
      return undefined;
  }
}
