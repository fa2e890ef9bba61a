import type { ImportWant } from '../_engine/model/import-want.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import { loaderFlags, startScripts, typeScriptStart } from '../_engine/facts/start-script.ts';
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
  const { app, dir, manifest, modules, name, tooling } = service;
  const below = (path: string): string => path.slice(dir === '' ? 0 : dir.length + 1);
  const flag = modules.system === 'esm' ? '--import' : '--require';
  const entry = below(app.entry ?? app.file);
  const scripted = typeScriptStart(manifest.scripts);
  const flags = scripted !== undefined && loaderFlags(scripted) !== undefined ? scripted.flags : undefined;
  const runner = flags ?? tooling.runTypeScript;
  const command =
    runner === undefined
      ? builtCommand(service, sdk)
      : `node ${[...runner, flag].join(' ')} ./${below(sdk)} ${entry}`;
  return { serviceName: name.split('/').at(-1) ?? name, command };
}

/** How what was built is started with its SDK: as the package's own script starts it, where there is one. */
export function builtCommand({ app, dir, manifest, modules }: Service, sdk: RelPath): string {
  const below = (path: string): string => path.slice(dir === '' ? 0 : dir.length + 1);
  const entry = below(app.entry ?? app.file).replace(/\.[cm]?ts$/, '');
  const scripted = startScripts(manifest.scripts).find((one) => /\.[cm]?js$/.test(one.entry));
  const usual = entry.replace(/^src\//, 'dist/');
  const started = scripted?.entry.replace(/\.[cm]?js$/, '') ?? usual;
  // A bundle has another name.
  const built = started.split('/').at(-1) === entry.split('/').at(-1) ? started : usual;
  // `src/server` and `dist/src/server` differ in what is before their common end.
  let common = 0;
  while (common < entry.length && entry.at(-1 - common) === built.at(-1 - common)) common += 1;
  const [from, to] = [entry, built].map((path) => path.slice(0, path.length - common));
  const own = below(sdk).replace(/\.ts$/, '');
  const builtSdk = own.startsWith(from ?? '') ? `${to ?? ''}${own.slice(from?.length)}` : own;
  const extension = /\.[cm]?js$/.exec(scripted?.entry ?? '')?.[0] ?? '.js';
  const flag = modules.system === 'esm' ? '--import' : '--require';
  const flags = [...(scripted?.flags ?? []), flag];
  return `node ${flags.join(' ')} ./${builtSdk}.js ./${built}${extension}`;
}
