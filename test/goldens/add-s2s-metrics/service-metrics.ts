import fp from 'fastify-plugin';
import { collectDefaultMetrics, register, type Registry } from 'prom-client';
import { collectClientMetrics } from '../utils/client-metrics.js';

export interface ServiceMetricsOptions {
  /** Where the metrics are registered. Default: prom-client's default one. */
  registry?: Registry;
  /** Seconds, rising: the upper bounds of the buckets of durations. Default: 5 ms to 10 s. */
  buckets?: number[];
}

/** Counts what the service clients, their circuits and the auth middleware of this process do, for Prometheus. */
export const serviceMetrics = fp<ServiceMetricsOptions>(
  (app, options, done) => {
    const registry = options.registry ?? register;
    collectClientMetrics(registry, options.buckets);
    if (registry.getSingleMetric('process_cpu_seconds_total') === undefined) {
      collectDefaultMetrics({ register: registry });
    }
    app.get('/metrics', { logLevel: 'warn' }, async (_request, reply) => {
      return reply.type(registry.contentType).send(await registry.metrics());
    });
    done();
  },
  { name: 'service-metrics' },
);

export default serviceMetrics;
