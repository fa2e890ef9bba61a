import type { ImportWant } from '../_engine/model/code-facts.ts';
import { joinRel, type RelPath } from '../_engine/model/paths.ts';
import { loaderFlags, startScripts, typeScriptStart } from '../_engine/facts/tooling.ts';
import type { Service } from '../_engine/model/service.ts';
import { freePluginName } from '../_engine/edit/register-plugin.ts';
import { importLines, importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';
import type { OpenTelemetryFact } from '../_engine/facts/observability.ts';
import type { SdkView, TracingView } from './view.ts';

/** The files of tracing beside their tests; `sdk` starts the SDK. */
export type TracingFiles = Readonly<
  Record<
    'tracing' | 'requests' | 'calls' | 'attempts' | 'bindings' | 'conventions' | 'diagnostics' | 'sdk',
    RelPath
  >
>;

/** Which parts of tracing a service gets: what no instrumentation does already. */
export interface TracingParts {
  /** The service calls others through a ServiceClient, or will. */
  readonly calls: boolean;
  readonly attempts: boolean;
  /** Spans of requests are made, rather than those of an instrumentation completed. */
  readonly requests: boolean;
  /** The trace is put into log lines. */
  readonly logs: boolean;
}

export function tracingFiles(service: Service): TracingFiles {
  const utility = (name: string): RelPath => placeFile(service, 'utils', name);
  return {
    tracing: placeFile(service, 'plugins', 'service-tracing'),
    requests: utility('request-spans'),
    calls: utility('call-spans'),
    attempts: utility('attempt-spans'),
    bindings: utility('trace-bindings'),
    conventions: utility('span-conventions'),
    diagnostics: placeFile(service, 'shared', 'service-diagnostics'),
    sdk: joinRel(service.layout.sourceDir, 'tracing.ts'),
  };
}

export function tracingParts(found: OpenTelemetryFact, calls: boolean): TracingParts {
  return { calls, attempts: calls && !found.client, requests: !found.server, logs: !found.logs };
}

export function tracingView(
  service: Service,
  files: TracingFiles,
  { attempts, calls, logs }: TracingParts,
): TracingView {
  const wants: readonly ImportWant[] = [
    { from: 'fastify-plugin', default: 'fp' },
    { from: files.requests, names: ['traceRequests'] },
    ...(calls ? [{ from: files.calls, names: ['traceCalls'] }] : []),
    ...(attempts ? [{ from: files.attempts, names: ['traceAttempts'] }] : []),
    ...(logs ? [{ from: files.bindings, names: ['bindTrace'] }] : []),
  ];
  return {
    pluginName: freePluginName(service, files.tracing, 'service-tracing'),
    imports: importLines(service, files.tracing, wants),
    parts: [
      `traceRequests(app${logs ? ', bindTrace' : ''});`,
      ...(calls ? [`traceCalls(${attempts ? 'traceAttempts' : ''});`] : []),
    ],
  };
}

/** What a file among the service's utilities writes for each relative import of a template. */
export function tracingSpecifiers(service: Service, files: TracingFiles): Readonly<Record<string, string>> {
  const to = (file: RelPath): string => importSpecifier(service, files.requests, file);
  return {
    '../add-service-client/service-diagnostics.ts': to(files.diagnostics),
    './call-spans.ts': to(files.calls),
    './span-conventions.ts': to(files.conventions),
  };
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
