import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { connectService } from '../utils/connect-service';
import { staticEndpoints } from '../utils/static-endpoints';

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

describe('endpoints of a list', () => {
  it('are called', async () => {
    const client = connectService({ baseUrl: `static:${origin}/api, ${origin}/v2` });
    for (let call = 0; call < 40; call += 1) await client.get('/users');
    const urls = new Set(seen.map(({ url }) => url));
    expect([...urls].sort()).toEqual(['/api/users', '/v2/users']);
    await client.close();
    expect(() => staticEndpoints([])).toThrow(/one at least/);
    expect(() => staticEndpoints(['nothing'])).toThrow(/Invalid URL/);
    expect(() => staticEndpoints([{ url: 'ftp://a' }])).toThrow(/http or https/);
  });
});
