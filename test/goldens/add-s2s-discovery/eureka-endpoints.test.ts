import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { connectService } from '../src/utils/connect-service.js';
import { EurekaEndpoints } from '../src/utils/eureka-endpoints.js';

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

describe('endpoints by Eureka (a stand-in for its REST operations)', () => {
  const open = new AbortController().signal;
  const up = {
    status: 'UP',
    ipAddr: '10.0.0.1',
    hostName: 'one.internal',
    port: { $: 3001, '@enabled': 'true' },
    securePort: { $: 443, '@enabled': 'false' },
    metadata: { zone: 'a' },
  };

  it('are the instances that are up', async () => {
    const down = { ...up, status: 'DOWN', ipAddr: '10.0.0.2' };
    const secure = {
      status: 'UP',
      hostName: 'two.internal',
      port: { $: 80, '@enabled': 'false' },
      securePort: { $: '8443', '@enabled': 'true' },
      dataCenterInfo: { metadata: { 'availability-zone': 'b' } },
    };
    const closed = { ...up, port: undefined };
    answer = json({ application: { instance: [up, down, secure, closed] } });
    const withUser = origin.replace('http://', 'http://user:p%40ss@');
    const source = new EurekaEndpoints(`${withUser}/eureka/apps/AUTH`);
    expect(await source.lookup(open)).toEqual({
      endpoints: [
        { url: 'http://10.0.0.1:3001/', zone: 'a' },
        { url: 'https://two.internal:8443/', zone: 'b' },
      ],
      unusable: 1,
      refreshMs: 30_000,
    });
    expect(source.name).toBe('AUTH');
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(seen[0]?.headers.accept).toBe('application/json');
  });

  it('may be one, or none', async () => {
    const source = new EurekaEndpoints(`${origin}/eureka/apps/AUTH`, 5_000);
    answer = json({ application: { instance: up } });
    expect((await source.lookup(open)).endpoints.length).toBe(1);
    answer = json({});
    expect(await source.lookup(open)).toEqual({ endpoints: [], unusable: 0, refreshMs: 5_000 });
    expect(seen[0]?.headers.authorization).toBeUndefined();
    answer = (_request, response) => response.writeHead(404).end();
    await expect(source.lookup(open)).rejects.toMatchObject({ message: `${new URL(origin).host} answered 404` });
  });

  it('are called', async () => {
    const { hostname, port } = new URL(origin);
    const own = { ...up, ipAddr: hostname, port: { $: Number(port), '@enabled': 'true' } };
    answer = (request, response) => {
      const isRegistry = request.url?.startsWith('/eureka/') === true;
      json(isRegistry ? { application: { instance: [own] } } : { ok: true })(request, response);
    };
    const client = connectService({ baseUrl: `eureka:${origin}/eureka/apps/AUTH` });
    expect((await client.get('/users')).data).toEqual({ ok: true });
    await client.close();
  });
});
