import { BalancedClient, type BalancedClientOptions, type ServiceCaller } from './balanced-client.js'
import { ConsulEndpoints } from './consul-endpoints.js'
import type { EndpointSource } from './endpoint-source.js'
import { EurekaEndpoints } from './eureka-endpoints.js'
import { ServiceClient, type ServiceClientOptions } from './service-client.js'

export interface ConnectOptions
	extends ServiceClientOptions, Pick<BalancedClientOptions, 'zone' | 'attemptTimeout'> {
	/**
	 * An http or https URL, or where the endpoints are:
	 * - `consul:http://127.0.0.1:8500/v1/health/service/auth`, by Consul's HTTP API
	 * - `eureka:http://eureka:8761/eureka/apps/AUTH`, by Eureka's REST operations
	 */
	baseUrl: string
}

/**
 * A client of the service at `baseUrl`: of one place, or of all endpoints that are found there. Close it when it is not
 * needed any more.
 * @throws TypeError or RangeError as a ServiceClient does
 */
export function connectService(options: ConnectOptions): ServiceCaller {
	const source = findSource(options.baseUrl)
	return source === undefined ? new ServiceClient(options) : new BalancedClient({ ...options, source })
}

/** Undefined: a plain URL. */
function findSource(baseUrl: string): EndpointSource | undefined {
	const colon = baseUrl.indexOf(':')
	const place = baseUrl.slice(colon + 1)
	switch (baseUrl.slice(0, colon)) {
		case 'consul':
			return new ConsulEndpoints(place)
		case 'eureka':
			return new EurekaEndpoints(place)
		default:
			return undefined
	}
}
