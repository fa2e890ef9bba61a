import fp from 'fastify-plugin';
import { traceAttempts } from '../utils/attempt-spans.js';
import { traceCalls } from '../utils/call-spans.js';
import { traceRequests } from '../utils/request-spans.js';
import { bindTrace } from '../utils/trace-bindings.js';

/**
 * Traces the requests to this service and its calls to others, with the OpenTelemetry SDK that is set up; without one it
 * does nothing. Register it before all that it is to trace.
 */
export const serviceTracing = fp(
  (app, _options, done) => {
    traceRequests(app, bindTrace);
    traceCalls(traceAttempts);
    done();
  },
  { name: 'service-tracing' },
);

export default serviceTracing;
