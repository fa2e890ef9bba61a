import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import Fastify, { type FastifyPluginCallback } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { Backend, failing, garbage, healthy, silent, slow } from './backends.ts';
import { Load } from './discovery-load.ts';
import { type BalancedClient, type DiscoveryModules, generateDiscovery } from './discovery-modules.ts';
import { DnsServer } from './dns-server.ts';

/** Calls over which shares are measured. */
const sample = process.env['S2S_DEEP'] === '1' ? 60_000 : 6_000;
const lanes = 24;
const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'] as const;
const breaker = { failureThreshold: 3, successThreshold: 1, timeout: 500 };

let modules: DiscoveryModules;
let dns: DnsServer;
let backends: Backend[] = [];
const clients: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  modules = await generateDiscovery('discovery');
});
afterAll(() => {
  deleteGeneratedRepo('discovery');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(backends.map((backend) => backend.kill()));
  await dns.close();
});

/** Backends on one port, or on one each. */
async function startBackends(onePort: boolean): Promise<readonly [Backend, Backend, Backend, Backend]> {
  const [first, ...others] = addresses.map((address) => new Backend(address)) as [Backend, ...Backend[]];
  await first.start();
  for (const one of others) await one.start(onePort ? first.port : 0);
  backends = [first, ...others];
  return backends as unknown as readonly [Backend, Backend, Backend, Backend];
}

function balance(source: object, options: object = {}): BalancedClient {
  const client = new modules.BalancedClient({
    source,
    timeout: 3_000,
    circuitBreakerOptions: breaker,
    ...options,
  });
  clients.push(client);
  return client;
}

async function until(condition: () => boolean, limitMs = 6_000): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('it did not come to that');
    await sleep(10);
  }
}

/** Each backend's share of the next calls, where 1 is fair. */
async function sharesOf(load: Load, among: readonly Backend[], count = sample): Promise<readonly number[]> {
  const before = among.map(({ served }) => served);
  await load.pass(count);
  const served = among.map((backend, index) => backend.served - (before[index] ?? 0));
  const total = served.reduce((sum, one) => sum + one, 0);
  return served.map((one) => (one * among.length) / total);
}

describe('endpoints by DNS, from a real server', () => {
  it('come, go, slow down and lie while calls are made, and none is lost that another could serve', async () => {
    const [a, b, c, d] = await startBackends(true);
    dns = await DnsServer.start({ addresses: { 'auth.test': [a.address, b.address] } });
    const source = new modules.DnsEndpoints(`http://auth.test:${String(a.port)}`, dns.resolver());
    const client = balance(source);
    const load = new Load(client, modules, lanes);
    const told = (...list: readonly Backend[]): void => {
      dns.setAddresses({ 'auth.test': list.map(({ address }) => address) });
    };
    const stateOf = ({ address }: Backend): string | undefined =>
      client.getEndpointStats().find(({ url }) => url.includes(address))?.circuit.state;

    // Comes; equal ones have equal shares.
    await load.pass(500);
    told(a, b, c);
    await until(() => c.served > 0);
    const fair = await sharesOf(load, [a, b, c]);
    for (const share of fair) expect(Math.abs(share - 1), fair.join(' ')).toBeLessThan(0.1);

    // Slows down.
    c.answer = slow;
    await load.pass(300);
    const [, , slowShare] = await sharesOf(load, [a, b, c], 2_000);
    expect(slowShare).toBeLessThan(0.5);

    // Lies: fast, so that it would draw all calls. It is left out, and comes back when it is well.
    for (const answer of [failing, garbage, silent]) {
      c.answer = answer;
      await until(() => stateOf(c) === 'OPEN');
      const { served } = c;
      await load.pass(300);
      expect(c.served - served).toBeLessThan(20);
      c.answer = healthy;
      await until(() => stateOf(c) === 'CLOSED');
    }

    // Dies, and is still told for a while; then another one comes for it.
    await c.kill();
    await load.pass(500);
    told(a, b, d);
    await until(() => d.served > 0 && stateOf(c) === undefined);

    // Nobody can be asked: what was known last stays.
    await dns.stop();
    await sleep(1_500);
    await load.pass(500);
    expect(client.getEndpointStats().length).toBe(3);
    await dns.restart({ addresses: { 'auth.test': [a.address] } });
    await until(() => client.getEndpointStats().length === 1, 10_000);
    await load.stop();

    expect(load.unduly).toEqual([]);
    console.log(
      `[discovery] DNS: ${String(load.done)} calls, 0 lost that another endpoint could have served, ` +
        `${String(load.lost.length)} POSTs without a key lost to one that had taken them; shares of equal ` +
        `endpoints ${fair.map((share) => share.toFixed(3)).join(', ')}; of a slow one ${String(slowShare?.toFixed(3))}`,
    );
  });

  it('are asked for when their TTL is over, and not before', async () => {
    const [a] = await startBackends(true);
    dns = await DnsServer.start({ addresses: { 'auth.test': [a.address] } }, 2);
    balance(new modules.DnsEndpoints(`http://auth.test:${String(a.port)}`, dns.resolver()));
    const asked = (): number[] =>
      dns.questions.filter(({ name }) => name === 'auth.test').map(({ at }) => at);
    await until(() => asked().length === 3, 8_000);
    const [first = 0, second = 0, third = 0] = asked();
    for (const gapMs of [second - first, third - second]) {
      expect(gapMs).toBeGreaterThan(1_950);
      expect(gapMs).toBeLessThan(3_000);
    }
  });
});

describe('endpoints by SRV records, from a real server', () => {
  it('have ports, weights and priorities, and change under load', async () => {
    const [a, b, c, d] = await startBackends(false);
    const name = '_auth._tcp.test';
    const names = {
      'a.test': [a.address],
      'b.test': [b.address],
      'c.test': [c.address],
      'd.test': [d.address],
    };
    const at = (target: string, { port }: Backend, priority: number, weight: number) => {
      return { target, port, priority, weight };
    };
    const records = [at('a.test', a, 1, 30), at('b.test', b, 1, 10), at('c.test', c, 2, 10)];
    dns = await DnsServer.start({ addresses: names, services: { [name]: records } });
    const client = balance(new modules.SrvEndpoints(`http://${name}`, dns.resolver()));
    const load = new Load(client, modules, lanes);
    await load.pass(100);

    const [heavy = 0, light = 0] = await sharesOf(load, [a, b], 3_000);
    expect(heavy / light).toBeGreaterThan(2.4);
    expect(heavy / light).toBeLessThan(3.6);
    expect(c.served).toBe(0);

    // The next priority serves when the first one is gone, and not longer than that.
    await Promise.all([a.kill(), b.kill()]);
    await load.pass(300);
    expect(c.served).toBeGreaterThan(200);
    await a.start();
    await until(() => a.served > 3_000 * (heavy / 2));
    await dns.restart({ addresses: names, services: { [name]: [at('d.test', d, 1, 0)] } });
    await until(() => client.getEndpointStats().length === 1 && d.served > 100, 10_000);
    await load.stop();
    expect(load.unduly).toEqual([]);
    console.log(
      `[discovery] SRV: ${String(load.done)} calls, 0 lost; weights 30:10 had calls ${(heavy / light).toFixed(2)}:1`,
    );
  });
});

describe('an endpoint that takes no connection', () => {
  let frozen: ChildProcess | undefined;
  const fillers: Socket[] = [];
  afterEach(() => {
    for (const socket of fillers.splice(0)) socket.destroy();
    frozen?.kill('SIGKILL');
  });

  it('loses no call of any method', async () => {
    const [a] = await startBackends(true);
    dns = await DnsServer.start({});
    const program =
      "require('net').createServer().listen({ port: 0, host: '127.0.0.6', backlog: 1 }, function () { console.log(this.address().port) })";
    frozen = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(frozen.stdout ?? process.stdin, 'data')) as [Buffer];
    const port = Number(String(line));
    frozen.kill('SIGSTOP');
    // Its queue is full after a few connections: whoever comes then is not answered at all.
    for (let index = 0; index < 8; index += 1)
      fillers.push(connect(port, '127.0.0.6').on('error', () => undefined));
    await sleep(200);

    const baseUrl = `static:http://127.0.0.6:${String(port)},http://${a.address}:${String(a.port)}`;
    const client = modules.connectService({ baseUrl, timeout: 5_000, circuitBreakerOptions: breaker });
    clients.push(client);
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.post('/items', {})));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200));
    expect(a.served).toBe(40);
  });
});

describe('a Consul that says so all the time (a stand-in)', () => {
  it('is not flooded, and heard within a second or two', async () => {
    const [a, b] = await startBackends(true);
    dns = await DnsServer.start({});
    let index = 1;
    let current = a;
    let queries = 0;
    const consul = createServer((_request, response) => {
      queries += 1;
      index += 1;
      const body = [{ Service: { Address: current.address, Port: current.port } }];
      response.writeHead(200, { 'x-consul-index': String(index) }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(consul, 'listening');
    const { port } = consul.address() as AddressInfo;
    const baseUrl = `consul:http://127.0.0.1:${String(port)}/v1/health/service/auth`;
    const client = modules.connectService({ baseUrl });
    clients.push(client);
    await client.get('/');
    const startedAt = Date.now();
    current = b;
    while (b.served === 0) await client.get('/');
    expect(Date.now() - startedAt).toBeLessThan(2_500);
    await sleep(Math.max(0, startedAt + 3_000 - Date.now()));
    expect(queries).toBeLessThanOrEqual(5);
    await client.close();
    consul.closeAllConnections();
    consul.close();
  });
});

describe('the auth middleware with a list of auth services', () => {
  it('lets users in while one of them is down', async () => {
    const [a, b] = await startBackends(true);
    dns = await DnsServer.start({});
    for (const backend of [a, b])
      backend.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"valid":true,"userId":"ada"}');
      };
    const app = Fastify();
    await app.register(
      modules.authMiddleware as FastifyPluginCallback,
      {
        baseUrl: `static:http://${a.address}:${String(a.port)},http://${b.address}:${String(b.port)}`,
        connect: modules.connectService,
        publicRoutes: [],
      } as object,
    );
    app.get('/me', () => ({ ok: true }));
    const ask = async (index: number): Promise<number> => {
      const headers = { authorization: `Bearer a.b.${String(index)}` };
      return (await app.inject({ url: '/me', headers })).statusCode;
    };
    for (let index = 0; index < 20; index += 1) expect(await ask(index)).toBe(200);
    await a.kill();
    for (let index = 20; index < 60; index += 1) expect(await ask(index)).toBe(200);
    await b.kill();
    for (let index = 60; index < 70; index += 1) expect(await ask(index)).toBe(503);
    await a.start();
    await app.close();
  });
});
