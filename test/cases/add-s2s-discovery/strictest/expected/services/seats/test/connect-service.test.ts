import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';

import { DnsEndpoints } from '../src/utils/dns-endpoints.ts';
import { staticEndpoints } from '../src/utils/static-endpoints.ts';
import { connectService } from '../src/utils/connect-service.ts';
import { urlAt } from '../src/utils/endpoint-source.ts';

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

before(async () => {
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

after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('connectService', () => {
  it('calls a plain URL as a ServiceClient does', async () => {
    const client = connectService({ baseUrl: `${origin}/api` });
    assert.deepEqual((await client.get('/users')).data, { ok: true });
    assert.equal(seen[0]?.url, '/api/users');
    await client.close();
    assert.throws(() => connectService({ baseUrl: 'nothing' }), /Invalid URL/);
    assert.throws(() => connectService({ baseUrl: 'ftp://127.0.0.1' }), /must be an http or https URL/);
  });

  it('makes URLs of what is a host and a port, and of nothing else', () => {
    const base = new URL('http://orders/api');
    assert.equal(urlAt(base, '10.0.0.1', 80), 'http://10.0.0.1:80/api');
    assert.equal(urlAt(base, 'fd00::1', 80), 'http://[fd00::1]:80/api');
    for (const host of [undefined, '', 'a/b', 'user@a', 'a:1', 'a b']) assert.equal(urlAt(base, host, 80), undefined);
    for (const port of [undefined, 0, 65_536, 1.5, Number.NaN]) assert.equal(urlAt(base, 'a', port), undefined);
  });

  it('takes a list', async () => {
    const client = connectService({ baseUrl: `static:${origin}/api, ${origin}/v2` });
    for (let call = 0; call < 40; call += 1) await client.get('/users');
    const urls = new Set(seen.map(({ url }) => url));
    assert.deepEqual([...urls].sort(), ['/api/users', '/v2/users']);
    await client.close();
    assert.throws(() => staticEndpoints([]), /one at least/);
    assert.throws(() => staticEndpoints(['nothing']), /Invalid URL/);
    assert.throws(() => staticEndpoints([{ url: 'ftp://a' }]), /http or https/);
  });

  it('takes the addresses of a host', async () => {
    const client = connectService({ baseUrl: 'dns:http://nowhere.invalid:3001' });
    await assert.rejects(client.get('/', { timeout: 500 }), { name: 'ServiceClientError' });
    await client.close();
    assert.throws(() => connectService({ baseUrl: 'dns:https://auth.internal' }), /SRV/);
  });
});

describe('endpoints by DNS addresses', () => {
  type Resolver = ConstructorParameters<typeof DnsEndpoints>[1];
  const none = (code: string): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));

  it('are A records, for as long as the first of them holds', async () => {
    const resolve4 = (): Promise<object[]> =>
      Promise.resolve([{ address: '10.0.0.1', ttl: 60 }, { address: '10.0.0.2', ttl: 7 }]);
    const source = new DnsEndpoints('http://auth.internal:3001/api', { resolve4 } as unknown as Resolver);
    assert.equal(source.name, 'auth.internal');
    assert.deepEqual(await source.lookup(), {
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
    assert.deepEqual(await source.lookup(), { endpoints: [{ url: 'http://[fd00::1]:80/' }], refreshMs: 1_000 });
  });

  it('cannot be told when the server cannot', async () => {
    const resolver = { resolve4: () => none('ESERVFAIL') } as unknown as Resolver;
    await assert.rejects(new DnsEndpoints('http://auth.internal', resolver).lookup(), { code: 'ESERVFAIL' });
  });
});
