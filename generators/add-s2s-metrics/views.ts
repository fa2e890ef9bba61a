import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { freePluginName } from '../_engine/edit/register-plugin.ts';
import { importLines } from '../_engine/facts/style/place-file.ts';
import type { MetricsFact } from '../_engine/facts/observability.ts';
import type { MetricsView } from './view.ts';

/** The files of the metrics beside their tests. */
export interface MetricsFiles {
  readonly metrics: RelPath;
  /** What counts, by the events of `diagnostics`. */
  readonly clients: RelPath;
  readonly diagnostics: RelPath;
}

export function metricsView(
  service: Service,
  { clients, metrics }: MetricsFiles,
  { endpoint, registry }: MetricsFact & { readonly endpoint: boolean },
): MetricsView {
  const own = registry ?? { expression: 'register', imports: [] };
  const names = [
    ...(endpoint ? ['collectDefaultMetrics'] : []),
    ...(registry === undefined ? ['register'] : []),
  ];
  const prometheus =
    names.length === 0
      ? { from: 'prom-client', names: ['Registry'], typeOnly: true }
      : { from: 'prom-client', names: [...names, 'type Registry'] };
  const wants: ImportWant[] = [
    { from: 'fastify-plugin', default: 'fp' },
    prometheus,
    { from: clients, names: ['collectClientMetrics'] },
    ...own.imports,
  ];
  const optOut = service.guard?.optOut;
  return {
    pluginName: freePluginName(service, metrics, 'service-metrics'),
    imports: importLines(service, metrics, wants),
    registry: /^registry\b/.test(own.expression) ? 'chosenRegistry' : 'registry',
    registryExpression: own.expression,
    registryName:
      registry === undefined ? "prom-client's default one" : `\`${own.expression}\` of the service`,
    endpoint,
    routeOptions: [...(optOut === undefined ? [] : [`config: { ${optOut} }`]), "logLevel: 'warn'"].join(', '),
  };
}

/** A guard of the whole application whose list of URLs does not have this one yet. */
export function findGuard({ guard }: Service): Obstacle | undefined {
  if (guard === undefined || guard.optOut !== undefined || guard.lists.includes('/metrics')) return undefined;
  return {
    code: 'E_ROUTE_GUARDED',
    at: { path: guard.path, line: guard.line },
    message: 'A hook of the application refuses URLs outside its list, and /metrics is not in the list.',
    remedy: "Add '/metrics' to that list and run the command again.",
    manual: "'/metrics',",
  };
}
