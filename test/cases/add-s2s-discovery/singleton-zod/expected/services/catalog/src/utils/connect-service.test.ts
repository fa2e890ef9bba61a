import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DnsEndpoints } from '@/utils/dns-endpoints';
import { SrvEndpoints } from '@/utils/srv-endpoints';
import { ConsulEndpoints } from '@/utils/consul-endpoints';
import { EurekaEndpoints } from '@/utils/eureka-endpoints';
import { staticEndpoints } from '@/utils/static-endpoints';
import { connectService } from '@/utils/connect-service';
import { urlAt } from '@/utils/endpoint-source';

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

describe('connectService', () => {
  it('calls a plain URL as a ServiceClient does', async () => {
    const client = connectService({ baseUrl: `${origin}/api` });
    expect((await client.get('/users')).data).toEqual({ ok: true });
    expect(seen[0]?.url).toBe('/api/users');
    await client.close();
    expect(() => connectService({ baseUrl: 'nothing' })).toThrow(/Invalid URL/);
    expect(() => connectService({ baseUrl: 'ftp://127.0.0.1' })).toThrow(/must be an http or https URL/);
  });

  it('makes URLs of what is a host and a port, and of nothing else', () => {
    const base = new URL('http://orders/api');
    expect(urlAt(base, '10.0.0.1', 80)).toBe('http://10.0.0.1:80/api');
    expect(urlAt(base, 'fd00::1', 80)).toBe('http://[fd00::1]:80/api');
    for (const host of [undefined, '', 'a/b', 'user@a', 'a:1', 'a b']) expect(urlAt(base, host, 80)).toBeUndefined();
    for (const port of [undefined, 0, 65_536, 1.5, Number.NaN]) expect(urlAt(base, 'a', port)).toBeUndefined();
  });

  it('takes a list', async () => {
    const client = connectService({ baseUrl: `static:${origin}/api, ${origin}/v2` });
    for (let call = 0; call < 40; call += 1) await client.get('/users');
    const urls = new Set(seen.map(({ url }) => url));
    expect([...urls].sort()).toEqual(['/api/users', '/v2/users']);
    await client.close();
    expect(() => staticEndpoints([])).toThrow(/one at least/);
    expect(() => staticEndpoints(['nothing'])).toThrow(/Invalid URL/);
    expect(() => staticEndpoints([{ url: 'ftp://a' }])).toThrow(/http or https/);
  });

  it('takes the addresses of a host', async () => {
    const client = connectService({ baseUrl: 'dns:http://nowhere.invalid:3001' });
    await expect(client.get('/', { timeout: 500 })).rejects.toMatchObject({ name: 'ServiceClientError' });
    await client.close();
    expect(() => connectService({ baseUrl: 'dns:https://auth.internal' })).toThrow(/SRV/);
  });

  it('takes the targets of SRV records', async () => {
    const client = connectService({ baseUrl: 'srv:http://_auth._tcp.nowhere.invalid' });
    await expect(client.get('/', { timeout: 500 })).rejects.toMatchObject({ name: 'ServiceClientError' });
    await client.close();
  });
});

describe('endpoints by DNS addresses', () => {
  type Resolver = ConstructorParameters<typeof DnsEndpoints>[1];
  const none = (code: string): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));

  it('are A records, for as long as the first of them holds', async () => {
    const resolve4 = (): Promise<object[]> =>
      Promise.resolve([{ address: '10.0.0.1', ttl: 60 }, { address: '10.0.0.2', ttl: 7 }]);
    const source = new DnsEndpoints('http://auth.internal:3001/api', { resolve4 } as unknown as Resolver);
    expect(source.name).toBe('auth.internal');
    expect(await source.lookup()).toEqual({
      endpoints: [{ url: 'http://10.0.0.1:3001/api' }, { url: 'http://10.0.0.2:3001/api' }],
      refreshMs: 7_000,
    });
  });

  it('are AAAA records where there are no others, and are not asked for all the time', async () => {
    const resolver = {
      resolve4: () => none('ENODATA'),
      resolve6: () => Promise.resolve([{ address: 'fd00::1', ttl: 0 }]),
    };
    const source = new DnsEndpoints('http://auth.internal', resolver as unknown as Resolver);
    expect(await source.lookup()).toEqual({ endpoints: [{ url: 'http://[fd00::1]:80/' }], refreshMs: 1_000 });
  });

  it('cannot be told when the server cannot', async () => {
    const resolver = { resolve4: () => none('ESERVFAIL') } as unknown as Resolver;
    await expect(new DnsEndpoints('http://auth.internal', resolver).lookup()).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });
});

describe('endpoints by SRV records', () => {
  type Resolver = ConstructorParameters<typeof SrvEndpoints>[1];
  const resolver = {
    resolveSrv: () =>
      Promise.resolve([
        { name: 'a.internal', port: 3001, priority: 1, weight: 5 },
        { name: 'b.internal', port: 3002, priority: 2, weight: 0 },
        { name: 'gone.internal', port: 3003, priority: 1, weight: 5 },
      ]),
    resolve4: (host: string) =>
      host === 'gone.internal'
        ? Promise.reject(new Error('ENOTFOUND'))
        : Promise.resolve([{ address: host === 'a.internal' ? '10.0.0.1' : '10.0.0.2', ttl: 60 }]),
  } as unknown as Resolver;

  it('are the addresses of their targets, with port, priority and weight', async () => {
    const source = new SrvEndpoints('http://_auth._tcp.internal', resolver);
    expect(source.name).toBe('_auth._tcp.internal');
    expect(await source.lookup()).toEqual({
      endpoints: [
        { url: 'http://10.0.0.1:3001/', priority: 1, weight: 5 },
        { url: 'http://10.0.0.2:3002/', priority: 2, weight: 0.01 },
      ],
      // Soon again for the one without an address.
      refreshMs: 1_000,
    });
  });

  it('are the names of their targets over https', async () => {
    const { endpoints, refreshMs } = await new SrvEndpoints('https://_auth._tcp.internal/api', resolver).lookup();
    expect(endpoints.map(({ url }) => url)).toEqual([
      'https://a.internal:3001/api',
      'https://b.internal:3002/api',
      'https://gone.internal:3003/api',
    ]);
    expect(refreshMs).toBe(30_000);
  });
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
