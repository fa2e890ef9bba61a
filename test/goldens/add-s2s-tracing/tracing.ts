import { NodeSDK } from '@opentelemetry/sdk-node';

/**
 * Starts OpenTelemetry. It has to be there before the service:
 *
 *   node --import tsx --import ./src/tracing.ts src/server.ts
 *
 * Everything is set by its standard variables: OTEL_EXPORTER_OTLP_ENDPOINT (default http://localhost:4318),
 * OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER; OTEL_SDK_DISABLED=true turns it off.
 */
process.env['OTEL_SERVICE_NAME'] ??= 'user-service';
// There is nothing but traces here yet.
process.env['OTEL_METRICS_EXPORTER'] ??= 'none';
process.env['OTEL_LOGS_EXPORTER'] ??= 'none';

const sdk = new NodeSDK();
sdk.start();

/** Sends what is left. */
const stop = (next: () => void): void => {
  sdk.shutdown().then(next, next);
};

process.once('beforeExit', () => {
  stop(() => undefined);
});
process.once('SIGTERM', () => {
  // Where the service ends by itself, it lets its requests come to an end first.
  if (process.listenerCount('SIGTERM') > 0) return;
  stop(() => process.kill(process.pid, 'SIGTERM'));
});
