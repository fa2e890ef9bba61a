import { describe, expect, it } from 'vitest';

import { findBareCalls } from '../../../../generators/_engine/facts/calls/bare-calls.ts';
import type { ServiceHead } from '../../../../generators/_engine/model/service.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

/** One line for each call: the client, where it leads, and what it lacks. */
function bareCalls(code: string): readonly string[] {
  const app = "import Fastify from 'fastify';\nconst app = Fastify();\napp.listen({ port: 3000 });\n";
  const repo = memoryRepo({ 'package.json': manifest(), 'src/app.ts': app, 'src/calls.ts': code });
  const [head] = surveyHeads(repo) as readonly [ServiceHead];
  return findBareCalls(openSurvey(repo, head)).map(
    ({ by, env, lacks, url }) => `${by} ${env ?? ''} ${url ?? ''}: ${lacks.join(', ')}`,
  );
}

const all = 'deadline, circuit, correlation ID, token';

describe('findBareCalls', () => {
  it.each([
    [
      'a literal',
      "await fetch('http://billing:3003/invoices');",
      `fetch  http://billing:3003/invoices: ${all}`,
    ],
    [
      'a variable in a template',
      "const base = process.env.BILLING_URL ?? 'http://localhost:3003';\nawait fetch(`${base}/invoices/${id}`);",
      `fetch BILLING_URL http://localhost:3003: ${all}`,
    ],
    [
      'a sum',
      "await fetch(process.env.BILLING_URL + '/x', { signal: AbortSignal.timeout(1), headers: { Authorization: token } });",
      'fetch BILLING_URL : circuit, correlation ID',
    ],
    [
      'axios',
      "import axios from 'axios';\nawait axios.post(process.env.BILLING_URL + '/x', body, { timeout: 5, headers: { 'x-correlation-id': id } });",
      'axios BILLING_URL : circuit, token',
    ],
    [
      'an instance',
      "import axios from 'axios';\nconst api = axios.create({ baseURL: process.env.BILLING_URL, timeout: 5 });\nawait api.get('/x');",
      'axios BILLING_URL : circuit, correlation ID, token',
    ],
    [
      'options that cannot be read',
      "export const get = (init: RequestInit) => fetch('http://billing/x', init);",
      'fetch  http://billing/x: circuit',
    ],
    [
      'headers of their own',
      "const headers = { authorization: token };\nawait fetch('http://billing/x', { method: 'POST', headers });",
      'fetch  http://billing/x: deadline, circuit, correlation ID',
    ],
    [
      'a breaker around it',
      "import { request } from 'undici';\nawait breaker.execute(() => request('http://billing/x', { headersTimeout: 1 }));",
      'undici  http://billing/x: correlation ID, token',
    ],
    [
      'ky, which has a deadline',
      "import ky from 'ky';\nawait ky.get('http://billing/x');",
      'ky  http://billing/x: circuit, correlation ID, token',
    ],
  ])('reads %s', (_what, code, line) => {
    expect(bareCalls(code)).toEqual([line]);
  });

  it('leaves out what is no HTTP client', () => {
    expect(bareCalls("await cache.get('http://billing/x');\nawait db.fetch('http://billing/x');")).toEqual(
      [],
    );
  });
});
