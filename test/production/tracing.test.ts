import { createServer, request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type BootedService, bootService } from '../helpers/boot-service.ts';
import { GeneratedRepo } from '../helpers/generated-repo.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../helpers/otlp-receiver.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { documented } from './document.ts';
import { placedSpans, traceTree } from './trace-tree.ts';

const repo = new GeneratedRepo('tracing-production');
const caller = 'b7ad6b7169203331';
const running: BootedService[] = [];
let receiver: OtlpReceiver;
let way: Server;
let wayOrigin = '';
let userOrigin = '';
let token = '';
/** How many answers on the way to the auth service are 503 or 500 before one passes. */
let broken: { status: number; left: number } = { status: 500, left: 0 };

/** Stands between the services: what it does not answer itself it hands on as it is. */
async function startWay(authOrigin: string): Promise<string> {
  way = createServer((request, response) => {
    if (broken.left > 0) {
      broken.left -= 1;
      response.writeHead(broken.status).end();
      return;
    }
    const { method, headers, url } = request;
    const onward = send(`${authOrigin}${url ?? ''}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((way.address() as AddressInfo).port)}`;
}

async function boot(name: string, env: Readonly<Record<string, string>>): Promise<BootedService> {
  const tsx = pathToFileURL(join(projectRoot, 'node_modules/tsx/dist/loader.mjs')).href;
  const tracing = pathToFileURL(join(repo.root, 'services', name, 'src/tracing.ts')).href;
  const service = await bootService(
    repo.root,
    { dir: `services/${name}`, entry: 'src/server.ts' },
    {
      NODE_OPTIONS: `--import ${tsx} --import ${tracing}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      ...env,
    },
  );
  running.push(service);
  return service;
}

beforeAll(async () => {
  await repo.run('add-s2s --target user --protect usersRoutes --blacklist memory');
  await repo.run('add-s2s-tracing --target user,auth');
  receiver = await startOtlpReceiver();
  const auth = await boot('auth-service', { JWT_SECRET: 'a-secret-for-tests-of-at-least-32-characters' });
  wayOrigin = await startWay(auth.origin);
  userOrigin = (await boot('user-service', { AUTH_SERVICE_URL: wayOrigin })).origin;
  const login = await fetch(`${auth.origin}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@acme.test', password: 'correct horse battery staple' }),
  });
  ({ token } = (await login.json()) as { token: string });
});

afterAll(async () => {
  for (const service of running.reverse()) await service.stop();
  way.close();
  await receiver.stop();
  repo.close();
});

/** Asks for users in a trace of our own, and gives the spans of it. */
async function ask(
  traceId: string,
  spans: number,
): Promise<{ status: number; trace: readonly ReceivedSpan[] }> {
  const headers = {
    authorization: `Bearer ${token}`,
    traceparent: `00-${traceId}-${caller}-01`,
    'x-correlation-id': `request-${traceId.slice(0, 4)}`,
  };
  const { status } = await fetch(`${userOrigin}/users`, { headers });
  return { status, trace: await receiver.traceOf(traceId, spans) };
}

/** Each span as `service kind name < what it hangs on`, parents first. */
function shapeOf(trace: readonly ReceivedSpan[]): readonly string[] {
  const byId = new Map(trace.map((span) => [span.spanId, span]));
  const words = (span: ReceivedSpan | undefined): string =>
    span === undefined ? 'the caller' : `${span.service} ${span.kind} ${span.name}`;
  return placedSpans(trace).map(({ span }) => `${words(span)} < ${words(byId.get(span.parentSpanId))}`);
}

const inUser = 'user-service server GET /users < the caller';
/** The name of the circuit: the host that the user-service calls. */
const circuit = (): string => new URL(wayOrigin).host;
const call = (): string => `user-service internal call ${circuit()}`;
const attempt = 'user-service client POST /auth/verify';

describe('a trace', () => {
  const trees: string[] = [];

  it('goes from the caller through both services', async () => {
    const traceId = 'a'.repeat(32);
    const { status, trace } = await ask(traceId, 4);
    expect(status).toBe(200);
    expect(shapeOf(trace)).toEqual([
      inUser,
      `${call()} < user-service server GET /users`,
      `${attempt} < ${call()}`,
      `auth-service server POST /auth/verify < ${attempt}`,
    ]);
    expect(placedSpans(trace)[0]?.span.parentSpanId).toBe(caller);
    for (const span of trace) expect(span.attributes['correlation.id'], span.name).toBe('request-aaaa');
    expect(trace.filter(({ isError }) => isError)).toEqual([]);
    expect(
      JSON.stringify(trace, (_, value: unknown) => (typeof value === 'bigint' ? '' : value)),
    ).not.toContain(token);
    trees.push('# a token is verified', traceTree(trace));
  });

  it('has each attempt of a call that is repeated', async () => {
    broken = { status: 503, left: 1 };
    const { status, trace } = await ask('b'.repeat(32), 5);
    expect(status).toBe(200);
    expect(shapeOf(trace)).toEqual([
      inUser,
      `${call()} < user-service server GET /users`,
      `${attempt} < ${call()}`,
      `${attempt} < ${call()}`,
      `auth-service server POST /auth/verify < ${attempt}`,
    ]);
    const [first, second] = trace
      .filter(({ kind }) => kind === 'client')
      .toSorted((a, b) => Number(a.startedAt - b.startedAt));
    expect(first?.attributes).toMatchObject({ 'http.response.status_code': '503', 'error.type': '503' });
    expect(second?.attributes).toMatchObject({
      'http.response.status_code': '200',
      'http.request.resend_count': '1',
    });
    expect(trace.find(({ service }) => service === 'auth-service')?.parentSpanId).toBe(second?.spanId);
    trees.push('', '# the first answer is 503, and the call is repeated', traceTree(trace));
  });

  it('shows when the circuit opens, and that nobody is asked while it is open', async () => {
    broken = { status: 500, left: 3 };
    const events: (readonly string[])[] = [];
    for (const digit of ['c', 'd', 'e']) {
      const { status, trace } = await ask(digit.repeat(32), 3);
      expect(status).toBe(503);
      if (digit === 'e') trees.push('', '# the third failure opens the circuit', traceTree(trace));
      events.push(...trace.flatMap((span) => span.events.map((event) => [digit, span.kind, event])));
    }
    expect(events).toEqual([['e', 'server', 'circuit_breaker.change']]);
    const { status, trace } = await ask('f'.repeat(32), 2);
    expect(status).toBe(503);
    expect(shapeOf(trace)).toEqual([inUser, `${call()} < user-service server GET /users`]);
    const refused = trace.find(({ kind }) => kind === 'internal');
    expect(refused?.attributes).toEqual({ 'circuit_breaker.state': 'OPEN', 'error.type': 'circuit_open' });
    expect(refused?.events).toEqual(['circuit_breaker.refused']);
    trees.push('', '# the circuit is open', traceTree(trace));
  });

  it('stands in docs/observability.md', async () => {
    const named = trees.join('\n').replaceAll(circuit(), 'localhost:3001');
    const page = await documented('docs/observability.md', 'traces', `\`\`\`text\n${named}\n\`\`\``);
    for (const line of named.split('\n')) expect(page).toContain(line.trimEnd());
  });
});
