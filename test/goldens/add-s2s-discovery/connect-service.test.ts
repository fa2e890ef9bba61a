import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { DnsEndpoints } from '../src/utils/dns-endpoints.js';
import { SrvEndpoints } from '../src/utils/srv-endpoints.js';
import { connectService } from '../src/utils/connect-service.js';
import { urlAt } from '../src/utils/endpoint-source.js';

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
