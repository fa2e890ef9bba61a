import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
import type { OpenTelemetryFact } from '../_engine/facts/observability.ts';
import type { SdkView, TracingView } from './view.ts';

export interface TracingFiles {
  readonly tracing: RelPath;
  readonly diagnostics: RelPath;
  /** What starts the SDK. */
  readonly sdk: RelPath;
}

/** `client`: the service calls others through a ServiceClient, or will. */
export function tracingView(
  service: Service,
  { diagnostics, tracing }: TracingFiles,
  found: OpenTelemetryFact,
  client: boolean,
): Omit<TracingView, 'pluginName'> {
  const parts = {
    client,
    clientSpans: client && !found.client,
    serverSpans: !found.server,
    logs: !found.logs,
  };
  const spans = client || parts.serverSpans;
  const names = (...wanted: readonly (readonly [boolean, string])[]): readonly string[] =>
    wanted.filter(([isWanted]) => isWanted).map(([, name]) => name);
  const api = names(
    [parts.serverSpans || parts.clientSpans, 'type Attributes'],
    [spans, 'type Context'],
    [spans, 'context'],
    [parts.logs, 'isSpanContextValid'],
    [spans, 'propagation'],
    [spans || parts.logs, 'type Span'],
    [parts.serverSpans || parts.clientSpans, 'SpanKind'],
    [spans, 'SpanStatusCode'],
    [client, 'type Tracer'],
    [true, 'trace'],
  );
  const fastify = names(
    [parts.logs, 'FastifyBaseLogger'],
    [parts.serverSpans || parts.logs, 'FastifyReply'],
    [parts.serverSpans || parts.logs, 'FastifyRequest'],
  );
  const wants: ImportWant[] = [
    { from: '@opentelemetry/api', names: api },
    ...(fastify.length === 0 ? [] : [{ from: 'fastify', names: fastify, typeOnly: true }]),
    { from: 'fastify-plugin', default: 'fp' },
    ...(client ? [{ from: diagnostics, names: ['type CallResult', 'observe', 'type ServiceCall'] }] : []),
  ];
  return { imports: importLines(service, tracing, wants), ...parts, spans };
}

/** How a service is started with its SDK: without a build where it is known how, else what was built. */
export function sdkView(service: Service, sdk: RelPath): SdkView {
  const { app, dir, modules, name, tooling } = service;
  const below = (path: string): string => path.slice(dir === '' ? 0 : dir.length + 1);
  const flag = modules.system === 'esm' ? '--import' : '--require';
  const runner = tooling.runTypeScript;
  const entry = below(app.entry ?? app.file);
  const built = (path: string): string => `./${path.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js')}`;
  const command =
    runner === undefined
      ? `node ${flag} ${built(below(sdk))} ${built(entry)}`
      : `node ${runner.join(' ')} ${flag} ./${below(sdk)} ${entry}`;
  return { serviceName: name.split('/').at(-1) ?? name, command };
}
