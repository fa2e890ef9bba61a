import { describe, expect, it } from 'vitest';

import { surveyMetrics, surveyOpenTelemetry } from '../../../generators/_engine/facts/observability.ts';
import type { ServiceHead } from '../../../generators/_engine/model/service.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../repo/memory-repo.ts';
import { manifest } from './service-of.ts';

const metricsOf = (text: string): ReturnType<typeof surveyMetrics> => {
  const repo = memoryRepo({ 'package.json': manifest({ 'prom-client': '^15.0.0' }), 'src/metrics.ts': text });
  const [head] = surveyHeads(repo) as readonly [ServiceHead];
  return surveyMetrics(repo, head);
};

describe('surveyMetrics', () => {
  it.each([
    [
      "import { Registry } from 'prom-client';\nexport const registry = new Registry();\n",
      'registry',
      ['registry'],
    ],
    ["import client from 'prom-client';\nexport const prom = new client.Registry();\n", 'prom', ['prom']],
    [
      "import * as client from 'prom-client';\nconst r = new client.Registry();\nexport { r as prom };\n",
      'r',
      ['prom as r'],
    ],
  ])('finds the registry that a service exports: %s', (text, expression, names) => {
    expect(metricsOf(text).registry).toEqual({ expression, imports: [{ from: 'src/metrics.ts', names }] });
  });

  it.each([
    'const registry = new Registry();',
    "export default fp(async (app) => {\n  const registry = new Registry();\n  app.decorate('metrics', { registry });\n});",
    'export class Metrics {\n  readonly registry = new Registry();\n}',
  ])('tells of one that no other file can import: %s', (code) => {
    expect(metricsOf(`import { Registry } from 'prom-client';\n${code}\n`)).toEqual({
      hidden: 'src/metrics.ts',
    });
  });

  it.each([
    "import { register } from 'prom-client';\nexport const metrics = register;\n",
    "import { Registry } from './npm.js';\nexport const registry = new Registry();\n",
  ])('takes no other for one: %s', (text) => {
    expect(metricsOf(text)).toEqual({});
  });
});

const app = "import Fastify from 'fastify';\nconst app = Fastify();\n";
const of = (...names: readonly string[]): ReturnType<typeof surveyOpenTelemetry> => {
  const dependencies = Object.fromEntries(names.map((name) => [name, '^1.0.0']));
  const repo = memoryRepo({ 'package.json': manifest(dependencies), 'src/app.ts': app });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  return surveyOpenTelemetry(repo, head);
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
