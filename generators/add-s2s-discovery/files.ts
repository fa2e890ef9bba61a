import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';

/** The files by what they hold; each has the name of its template. */
export const fileNames = {
  endpoint: 'endpoint-source',
  watch: 'endpoint-watch',
  pool: 'endpoint-pool',
  balanced: 'balanced-client',
  connect: 'connect-service',
  static: 'static-endpoints',
  addresses: 'resolve-addresses',
  dns: 'dns-endpoints',
  srv: 'srv-endpoints',
  registry: 'registry-request',
  consul: 'consul-endpoints',
  eureka: 'eureka-endpoints',
} as const;

export type FileName = keyof typeof fileNames;
export type DiscoveryFiles = Readonly<Record<FileName, RelPath>>;

/** Where they go: among the service's utilities, beside the ServiceClient. */
export function discoveryFiles(service: Service): DiscoveryFiles {
  const places = Object.entries(fileNames).map(([key, name]) => [key, placeFile(service, 'utils', name)]);
  return Object.fromEntries(places) as DiscoveryFiles;
}
