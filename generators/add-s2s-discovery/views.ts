import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';
import type { DiscoveryFiles } from './files.ts';
import { type DiscoveryView, type Source } from './view.ts';

/** The view of a file at `from`. `retry`: the client has that part. */
export function discoveryView(
  service: Service,
  files: DiscoveryFiles,
  asked: ReadonlySet<Source>,
  retry: boolean,
  from: RelPath = files.balanced,
): DiscoveryView {
  const to = (file: RelPath): string => importSpecifier(service, from, file);
  const beside = (name: string): string => to(placeFile(service, 'utils', name));
  return {
    retry,
    static: asked.has('static'),
    dns: asked.has('dns'),
    srv: asked.has('srv'),
    consul: asked.has('consul'),
    eureka: asked.has('eureka'),
    sourceImport: to(files.endpoint),
    watchImport: to(files.watch),
    poolImport: to(files.pool),
    balancedImport: to(files.balanced),
    connectImport: to(files.connect),
    staticImport: to(files.static),
    addressesImport: to(files.addresses),
    dnsImport: to(files.dns),
    srvImport: to(files.srv),
    registryImport: to(files.registry),
    consulImport: to(files.consul),
    eurekaImport: to(files.eureka),
    breakerImport: beside('circuit-breaker'),
    deadlineImport: beside('call-deadline'),
    clientImport: beside('service-client'),
    requestImport: beside('service-request'),
    retryImport: beside('retry-policy'),
  };
}
