import { describe, expect, it } from 'vitest';

import { surveyOpenTelemetry } from '../../../../generators/_engine/facts/observability/opentelemetry.ts';
import { manifest, serviceOf } from '../service-of.ts';

const app = "import Fastify from 'fastify';\nconst app = Fastify();\n";
const of = (...names: readonly string[]): ReturnType<typeof surveyOpenTelemetry> => {
  const dependencies = Object.fromEntries(names.map((name) => [name, '^1.0.0']));
  return surveyOpenTelemetry(serviceOf({ 'package.json': manifest(dependencies), 'src/app.ts': app }));
};
const nothing = { sdk: false, server: false, client: false, logs: false };

describe('surveyOpenTelemetry', () => {
  it.each([
    [[], {}],
    [['@opentelemetry/api'], {}],
    [['@opentelemetry/sdk-node'], { sdk: true }],
    [['@fastify/otel'], { server: true }],
    [['@opentelemetry/instrumentation-http'], { server: true }],
    [
      ['@opentelemetry/instrumentation-undici', '@opentelemetry/instrumentation-pino'],
      { client: true, logs: true },
    ],
    [['@opentelemetry/auto-instrumentations-node'], { sdk: true, server: true, client: true, logs: true }],
  ])('of %j is %j', (names, found) => {
    expect(of(...names)).toEqual({ ...nothing, ...found });
  });
});
