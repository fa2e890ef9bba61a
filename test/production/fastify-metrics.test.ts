import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type BootedService, bootService } from '../helpers/boot-service.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';

const billing = 'services/billing-service';
const repo = new GeneratedRepo('fastify-metrics');
let service: BootedService | undefined;

/** The plugin is there, as its documentation has it, before anything of ours. */
beforeAll(async () => {
  repo.edit(`${billing}/package.json`, (text) =>
    text.replace('"dependencies": {', '"dependencies": {\n    "fastify-metrics": "^13.2.1",'),
  );
  repo.edit(`${billing}/src/app.ts`, (text) =>
    text
      .replace(/^import Fastify/m, "import metrics from 'fastify-metrics';\nimport Fastify")
      .replace(
        '  await app.register(',
        "  await app.register(metrics.default, { endpoint: '/metrics' });\n  await app.register(",
      ),
  );
  await repo.run('add-s2s-metrics --target billing --allow-dirty');
  service = await bootService(repo.root, { dir: billing, entry: 'src/server.ts' }, { LOG_LEVEL: 'fatal' });
}, 60_000);
afterAll(async () => {
  await service?.stop();
  deleteGeneratedRepo('fastify-metrics');
});

describe('metrics beside fastify-metrics', () => {
  it('are told by its route, in one answer with its own', async () => {
    const answer = await fetch(`${service?.origin ?? ''}/metrics`);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).toContain('# TYPE http_request_duration_seconds histogram');
    expect(text).toContain('# TYPE process_cpu_seconds_total counter');
    for (const name of ['s2s_client_calls_total', 's2s_client_circuits'])
      expect(text).toContain(`# TYPE ${name} `);
  });
});
