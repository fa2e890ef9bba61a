import type { Endpoint, EndpointSource } from './endpoint-source';

/**
 * Endpoints that are known beforehand: URLs, or endpoints with weight, priority or zone.
 * @throws TypeError when there is none, or one is no http or https URL
 */
export function staticEndpoints(list: readonly (string | Endpoint)[], name = 'static'): EndpointSource {
  const endpoints = list.map((one) => (typeof one === 'string' ? { url: one.trim() } : one));
  if (endpoints.length === 0) throw new TypeError('A list of endpoints needs one at least');
  for (const { url } of endpoints) {
    if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError('An endpoint must be an http or https URL');
  }
  return { name, lookup: () => Promise.resolve({ endpoints, refreshMs: Number.POSITIVE_INFINITY }) };
}
