import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { importLines, importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';
import { type DiscoveryFiles, fileNames } from './wiring.ts';
import { type ConnectView, type DiscoveryTestView, type Source, sources } from './view.ts';

/** How connect-service.ts makes each source: what it imports for that, and how it says so. */
const made: Readonly<Record<Source, { name: string; does: string; expression: string }>> = {
  static: {
    name: 'staticEndpoints',
    does: '`static:http://10.0.0.1:3001,http://10.0.0.2:3001`',
    expression: "staticEndpoints(place.split(','))",
  },
  dns: {
    name: 'DnsEndpoints',
    does: '`dns:http://auth.internal:3001`, every address of the host',
    expression: 'new DnsEndpoints(place)',
  },
  srv: {
    name: 'SrvEndpoints',
    does: '`srv:http://_auth._tcp.service.consul`, the targets of SRV records',
    expression: 'new SrvEndpoints(place)',
  },
  consul: {
    name: 'ConsulEndpoints',
    does: "`consul:http://127.0.0.1:8500/v1/health/service/auth`, by Consul's HTTP API",
    expression: 'new ConsulEndpoints(place)',
  },
  eureka: {
    name: 'EurekaEndpoints',
    does: "`eureka:http://eureka:8761/eureka/apps/AUTH`, by Eureka's REST operations",
    expression: 'new EurekaEndpoints(place)',
  },
};

/** The parts of the client that these files use, by the folder of their template. */
const clientParts = {
  'add-circuit-breaker': ['circuit-breaker'],
  'add-service-client': ['call-deadline', 'retry-policy', 'service-client', 'service-request'],
};

/** What a file among the service's utilities writes for each relative import of a template. */
export function specifiersOf(service: Service, files: DiscoveryFiles): Readonly<Record<string, string>> {
  const to = (file: RelPath): string => importSpecifier(service, files.balanced, file);
  const own = Object.entries(fileNames).map(
    ([key, name]) => [`./${name}.ts`, to(files[key as keyof typeof fileNames])] as const,
  );
  const others = Object.entries(clientParts).flatMap(([folder, names]) =>
    names.map((name) => [`../${folder}/${name}.ts`, to(placeFile(service, 'shared', name))] as const),
  );
  return Object.fromEntries([...own, ...others]);
}

export function connectView(
  service: Service,
  files: DiscoveryFiles,
  asked: ReadonlySet<Source>,
): ConnectView {
  const chosen = sources.filter((source) => asked.has(source));
  const wants: readonly ImportWant[] = [
    { from: files.balanced, names: ['BalancedClient', 'type BalancedClientOptions', 'type ServiceCaller'] },
    { from: files.endpoint, names: ['EndpointSource'], typeOnly: true },
    {
      from: placeFile(service, 'shared', 'service-client'),
      names: ['ServiceClient', 'type ServiceClientOptions'],
    },
    ...chosen.map((source) => ({ from: files[source], names: [made[source].name] })),
  ];
  return {
    imports: importLines(service, files.connect, wants),
    sources: chosen.map((name) => ({ ...made[name], name })),
  };
}

/** The view of the test at `test`. `retry`: the client has that part. */
export function discoveryTestView(
  service: Service,
  files: DiscoveryFiles,
  test: RelPath,
  retry: boolean,
): DiscoveryTestView {
  const to = (file: RelPath): string => importSpecifier(service, test, file);
  return {
    retry,
    sourceImport: to(files.endpoint),
    balancedImport: to(files.balanced),
    connectImport: to(files.connect),
    staticImport: to(files.static),
    dnsImport: to(files.dns),
    srvImport: to(files.srv),
    consulImport: to(files.consul),
    eurekaImport: to(files.eureka),
    clientImport: to(placeFile(service, 'shared', 'service-client')),
  };
}
