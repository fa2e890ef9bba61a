import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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
});
