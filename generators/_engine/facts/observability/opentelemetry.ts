import type { ServiceHead } from '../../model/service.ts';

/** Which parts of OpenTelemetry a service has by its dependencies. */
export interface OpenTelemetryFact {
  /** Something sets up an SDK. */
  readonly sdk: boolean;
  /** Something makes spans of requests that come in, of what undici or fetch sends, and puts traces into log lines. */
  readonly server: boolean;
  readonly client: boolean;
  readonly logs: boolean;
}

const every =
  /^@opentelemetry\/auto-instrumentations-node$|^@sentry\/(node|node-core)$|^dd-trace$|^newrelic$/;
const sdk = /^@opentelemetry\/sdk-(node|trace-node|trace-base)$|^@azure\/monitor-opentelemetry$/;
const server = /^@fastify\/otel$|^@opentelemetry\/instrumentation-(http|fastify)$/;
const client = /^@opentelemetry\/instrumentation-undici$/;
const logs = /^@opentelemetry\/instrumentation-pino$/;

export function surveyOpenTelemetry({ manifest }: ServiceHead): OpenTelemetryFact {
  const has = (...patterns: readonly RegExp[]): boolean =>
    Object.keys(manifest.dependencies).some((name) => patterns.some((pattern) => pattern.test(name)));
  return {
    sdk: has(every, sdk),
    server: has(every, server),
    client: has(every, client),
    logs: has(every, logs),
  };
}
