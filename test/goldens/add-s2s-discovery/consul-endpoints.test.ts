import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { connectService } from '../src/utils/connect-service.js';
import { ConsulEndpoints } from '../src/utils/consul-endpoints.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = (data: unknown, headers: Record<string, string> = {}): Answer => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data));
  };
};

/** Takes the part of a service, or of a registry: a real server that answers as a test wants it to. */
let server: Server;
let origin = '';
let answer: Answer = json({ ok: true });
let seen: IncomingMessage[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

beforeEach(() => {
  answer = json({ ok: true });
  seen = [];
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('endpoints by Consul (a stand-in for its HTTP API)', () => {
  const open = new AbortController().signal;
  const instance = {
    Node: { Address: '10.0.0.9', Meta: { zone: 'b' } },
    Service: { Address: '10.0.0.1', Port: 3001, Meta: { zone: 'a' }, Weights: { Passing: 3 } },
  };
  const query = (index: number): URLSearchParams => new URL(seen[index]?.url ?? '', origin).searchParams;

  it('are the instances whose checks pass', async () => {
    const bare = { Node: { Address: '10.0.0.9', Meta: null }, Service: { Address: '', Port: 3002, Weights: { Passing: 0 } } };
    const broken = { Node: { Address: '10.0.0.9' }, Service: { Address: '', Port: 0 } };
    const flat = { Address: '10.0.0.9', ServiceAddress: '10.0.0.3', ServicePort: 3003, NodeMeta: { zone: 'b' } };
    answer = json([instance, bare, broken, flat], { 'x-consul-index': '7' });
    const source = new ConsulEndpoints(`${origin}/v1/health/service/auth?dc=eu`, { token: 'secret-1' });
    const { endpoints, refreshMs } = await source.lookup(open);
    expect(endpoints).toEqual([
      { url: 'http://10.0.0.1:3001/', zone: 'a', weight: 3 },
      { url: 'http://10.0.0.9:3002/', zone: undefined },
      { url: 'http://10.0.0.3:3003/', zone: 'b' },
    ]);
    expect(source.name).toBe('auth');
    expect([query(0).get('passing'), query(0).get('dc'), query(0).get('index')]).toEqual(['true', 'eu', null]);
    expect(seen[0]?.headers['x-consul-token']).toBe('secret-1');
    // A loop that never waits would be a flood.
    expect(refreshMs).toBeGreaterThan(500);
  });

  it('are waited for by index, which begins anew when it goes backwards or is none', async () => {
    const source = new ConsulEndpoints(`${origin}/v1/health/service/auth`, { waitMs: 5_000 });
    for (const index of ['7', '9', '3', '4', '0', 'none', '5']) {
      answer = json([instance], { 'x-consul-index': index });
      await source.lookup(open);
    }
    expect(seen.map((_, index) => query(index).get('index'))).toEqual([null, '7', '9', null, '4', null, null]);
    expect([query(0).get('wait'), query(1).get('wait')]).toEqual([null, '5000ms']);
  });

  it('are not known when it fails, is redirected or the wait is over', async () => {
    const source = new ConsulEndpoints(`${origin}/v1/health/service/auth`, { protocol: 'https' });
    answer = (_request, response) => response.writeHead(500).end('No cluster leader');
    await expect(source.lookup(open)).rejects.toMatchObject({ message: `${new URL(origin).host} answered 500` });
    answer = (request, response) => {
      if (request.url === '/elsewhere') json([instance])(request, response);
      else response.writeHead(302, { location: '/elsewhere' }).end();
    };
    await expect(source.lookup(open)).rejects.toMatchObject({ name: 'TypeError' });
    answer = () => undefined;
    const closing = new AbortController();
    setTimeout(() => {
      closing.abort();
    }, 20);
    const error: unknown = await source.lookup(closing.signal).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/did not answer in time/);
    answer = json([instance]);
    expect((await source.lookup(open)).endpoints[0]?.url).toBe('https://10.0.0.1:3001/');
  });

  it('are called', async () => {
    const { hostname, port } = new URL(origin);
    const own = { Service: { Address: hostname, Port: Number(port) } };
    answer = (request, response) => {
      const isRegistry = request.url?.startsWith('/v1/') === true;
      json(isRegistry ? [own] : { ok: true }, { 'x-consul-index': '1' })(request, response);
    };
    const client = connectService({ baseUrl: `consul:${origin}/v1/health/service/auth` });
    expect((await client.get('/users')).data).toEqual({ ok: true });
    await client.close();
  });
});
