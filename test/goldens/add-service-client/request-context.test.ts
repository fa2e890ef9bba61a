import Fastify, { type FastifyInstance } from 'fastify';
import requestContext, { currentContext } from '../src/plugins/request-context.js';
import { ServiceClient, type ServiceClientOptions } from '../src/utils/service-client.js';
import { json, silence, StubServer } from './test-kit.js';

const dependency = new StubServer();
const apps: FastifyInstance[] = [];

beforeAll(() => dependency.start());
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});
afterAll(() => dependency.stop());

/** A service that calls another one: `/` as any route does, `/finish` as one that must finish. */
async function serve(options: Partial<ServiceClientOptions> = {}): Promise<{ client: ServiceClient; url: string }> {
  const baseUrl = dependency.origin;
  const client = new ServiceClient({ baseUrl, retry: false, context: currentContext, ...options });
  const app = Fastify({ forceCloseConnections: true });
  await app.register(requestContext, { timeout: 5_000 });
  const call = async (): Promise<unknown> => (await client.get('/')).data;
  app.get('/', call);
  app.post('/', call);
  app.get('/finish', { config: { mustFinish: true } }, call);
  app.addHook('onClose', () => client.close());
  apps.push(app);
  return { client, url: await app.listen({ port: 0, host: '127.0.0.1' }) };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('request context', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const token = 'Bearer a.user.token';
  const rows: readonly (readonly [string, Record<string, string>, boolean, string, string | undefined])[] = [
    ['the correlation ID', { 'x-correlation-id': 'r-1' }, false, 'x-correlation-id', 'r-1'],
    ['the trace', { traceparent }, false, 'traceparent', traceparent],
    ['no token by default', { authorization: token }, false, 'authorization', undefined],
    ['the token with forwardToken', { authorization: token }, true, 'authorization', token],
    ['no other credentials', { authorization: 'Basic YTpi' }, true, 'authorization', undefined],
  ];
  for (const [what, headers, forwardToken, name, expected] of rows) {
    it(`sends ${what}`, async () => {
      dependency.answer(json(200, {}));
      const { url } = await serve({ forwardToken });
      await fetch(url, { headers });
      expect(dependency.received[0]?.headers[name]).toBe(expected);
    });
  }

  for (const [given, mostMs] of [['900', 900], ['9000', 5_000], ['-1', 5_000], ['soon', 5_000]] as const) {
    it(`has at most ${String(mostMs)} ms for a caller that says ${given}`, async () => {
      dependency.answer(json(200, {}));
      const { url } = await serve();
      await fetch(url, { headers: { 'x-request-timeout-ms': given } });
      const leftMs = Number(dependency.received[0]?.headers['x-request-timeout-ms']);
      expect(leftMs).toBeLessThanOrEqual(mostMs);
      expect(leftMs).toBeGreaterThan(mostMs - 800);
    });
  }

  it('cancels the calls of a caller that hangs up, which does not count as a failure', async () => {
    dependency.answer(silence);
    const { client, url } = await serve();
    const caller = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const { signal } = caller;
    const answer = fetch(url, { method: 'POST', headers, body: '{}', signal }).catch(() => undefined);
    await until(() => dependency.received.length > 0);
    caller.abort();
    await answer;
    await until(() => dependency.received[0]?.socket.destroyed === true);
    expect(client.getCircuitStats().failures).toBe(0);
  });

  it('ends calls when the time of the caller is over, which does not count as a failure', async () => {
    dependency.answer(silence);
    const { client, url } = await serve();
    await fetch(url, { headers: { 'x-request-timeout-ms': '30' } });
    await until(() => dependency.received[0]?.socket.destroyed === true);
    expect(client.getCircuitStats().failures).toBe(0);
  });

  it('finishes the calls of a route that must', async () => {
    dependency.answer((response, request) => {
      setTimeout(json(200, {}), 60, response, request);
    });
    const { url } = await serve();
    expect((await fetch(`${url}/finish`, { headers: { 'x-request-timeout-ms': '20' } })).status).toBe(200);
  });

  it('changes nothing outside of a request', async () => {
    dependency.answer(json(200, {}));
    const { client } = await serve();
    await client.get('/');
    expect(dependency.received[0]?.headers['x-request-timeout-ms']).toBe(undefined);
  });
});
