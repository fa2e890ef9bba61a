import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { findFreePort } from '../helpers/free-port.ts';
import {
  type BalancedClient,
  type Endpoint,
  type FireModules,
  generateFire,
  loadFire,
  type Source,
} from './fire-services.ts';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

const mib = 1_048_576;
const never = new AbortController().signal;
let modules: FireModules;
let good: Server;
let port = 0;
let served = 0;
const clients: BalancedClient[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  modules = await loadFire(await generateFire('security-discovery'));
  good = createServer((_request, response) => {
    served += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => good.listen(0, '127.0.0.1', resolve));
  port = (good.address() as AddressInfo).port;
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

afterAll(async () => {
  good.closeAllConnections();
  await new Promise((resolve) => good.close(resolve));
  rmSync(modules.root, { recursive: true, force: true });
});

interface Registry {
  readonly origin: string;
  respond: Respond;
  readonly open: Set<Socket>;
}

async function startRegistry(respond: Respond): Promise<Registry> {
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    registry.respond(request, response);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const { port: at } = server.address() as AddressInfo;
  const registry: Registry = { origin: `http://127.0.0.1:${String(at)}`, respond, open };
  return registry;
}

/** What a balanced client asks, looked up when a test says so, and what became of it. */
class Stepped implements Source {
  readonly name = 'orders';
  readonly #source: Source;
  #turn: (() => void) | undefined;
  #ended: (() => void) | undefined;
  #first = true;

  constructor(source: Source) {
    this.#source = source;
  }

  async lookup(signal: AbortSignal) {
    if (!this.#first) {
      this.#ended?.();
      await new Promise<void>((resolve) => {
        this.#turn = resolve;
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
    }
    this.#first = false;
    return { ...(await this.#source.lookup(signal)), refreshMs: 0 };
  }

  /** Resolves when the next lookup has ended, and the one after that has begun. */
  async step(): Promise<void> {
    while (this.#turn === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    this.#turn();
    this.#turn = undefined;
    await ended;
  }
}

const warnings: unknown[] = [];
const logger = { debug: () => undefined, warn: (details: unknown) => warnings.push(details) };

function balance(source: Source, options: object = {}): BalancedClient {
  const circuitBreakerOptions = { failureThreshold: 3, successThreshold: 1, timeout: 60_000 };
  const own = { source, timeout: 5_000, retry: false, circuitBreakerOptions, logger, ...options };
  const client = new modules.BalancedClient(own);
  clients.push(client);
  return client;
}

const urlsOf = (client: BalancedClient): string[] => client.getEndpointStats().map(({ url }) => url);
const raw =
  (text: string | Buffer, headers: Record<string, string> = {}): Respond =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
  };
const json = (data: unknown, headers: Record<string, string> = {}): Respond =>
  raw(JSON.stringify(data), headers);
/** An answer without an end. */
const endless: Respond = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const part = `[${'"x",'.repeat(16_384)}`;
  const write = (): void => {
    while (!response.destroyed && response.write(part));
    if (!response.destroyed) response.once('drain', write);
  };
  write();
};

/** One entry of an answer, as each registry says it. */
const consulEntry = (host: unknown, at: unknown, more: object = {}): object => {
  return { Service: { Address: host, Port: at, ...more } };
};
const eurekaEntry = (host: unknown, at: unknown): object => {
  return { status: 'UP', ipAddr: host, port: { $: at, '@enabled': 'true' } };
};

/** Answers that are nothing at all: what was known stays. */
const evilAnswers: Readonly<Record<string, Respond>> = {
  'no JSON': raw('<h1>It works!</h1>'),
  nothing: raw(''),
  'half of it': raw('[{"Service":{"Address":"127.0'),
  null: raw('null'),
  'a number': raw('1e400'),
  text: raw('"127.0.0.1:80"'),
  'an empty list': raw('[]'),
  'lists in lists': raw('[[[]]]'),
  'a megabyte of brackets': raw('['.repeat(mib - 1)),
  'a megabyte of brackets that close': raw('['.repeat(mib / 2 - 1) + ']'.repeat(mib / 2 - 1)),
  'a megabyte of objects': raw(`${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`),
  'two megabytes of blanks': raw(' '.repeat(2 * mib)),
  'no end': endless,
  'a status of 500': (_request, response) => response.writeHead(500).end('No cluster leader'),
  'a status of 204': (_request, response) => response.writeHead(204).end(),
  'an endless status of 500': (_request, response) => {
    response.writeHead(500);
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', write);
    };
    write();
  },
  'a redirect': (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  'a connection that breaks': (request) => request.socket.destroy(),
  'half of what it announced': (request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('[{');
    setImmediate(() => request.socket.destroy());
  },
  'headers of 20 KB': raw('[]', { 'x-evil': 'x'.repeat(20_000) }),
};

/** Addresses that are none: they are left out, and the others are used. */
const evilHosts: readonly (readonly [string, unknown, unknown])[] = [
  ['a port of 0', '127.0.0.1', 0],
  ['a port out of range', '127.0.0.1', 65_536],
  ['a negative port', '127.0.0.1', -1],
  ['a port with a fraction', '127.0.0.1', 80.5],
  ['a port that is a list', '127.0.0.1', [80, 81]],
  ['a host with a path', '127.0.0.1/evil', 80],
  ['a host with credentials', 'user:pass@127.0.0.1', 80],
  ['a host with a line break', '127.0.0.1\r\nx: y', 80],
  ['a host with a port', '127.0.0.1:80', 80],
  ['a host with a blank', '127.0 .0.1', 80],
  ['a host with a backslash', '127.0.0.1\\evil', 80],
  ['a host with a query', '127.0.0.1?a', 80],
  ['a host of 8 KB', 'a'.repeat(8_192), 80],
  ['a host that is no text', { toString: 1 }, 80],
  ['a number too large for IPv4', '999.999.999.999', 80],
];

const registries = {
  consul: {
    source: (origin: string) => new modules.ConsulEndpoints(`${origin}/v1/health/service/orders`),
    answer: (entries: readonly object[]) => json(entries, { 'x-consul-index': '1' }),
    entry: consulEntry,
  },
  eureka: {
    source: (origin: string) => new modules.EurekaEndpoints(`${origin}/eureka/apps/ORDERS`),
    answer: (entries: readonly object[]) => json({ application: { instance: entries } }),
    entry: eurekaEntry,
  },
} as const;

describe.each(['consul', 'eureka'] as const)('C.12 and 13a evil answers of %s', (kind) => {
  const { source, answer, entry } = registries[kind];

  it.each(Object.entries(evilAnswers))('%s leaves the last endpoints in use', async (_name, evil) => {
    const registry = await startRegistry(answer([entry('127.0.0.1', port)]));
    const stepped = new Stepped(source(registry.origin));
    const client = balance(stepped);
    expect((await client.get('/')).status).toBe(200);
    registry.respond = evil;
    const startedAt = performance.now();
    await stepped.step().catch(() => undefined);
    expect(performance.now() - startedAt).toBeLessThan(3_000);

    expect(urlsOf(client)).toEqual([`http://127.0.0.1:${String(port)}/`]);
    expect((await client.get('/')).status).toBe(200);
    const closing = performance.now();
    await client.close();
    expect(performance.now() - closing).toBeLessThan(1_000);
  });

  it.each(evilHosts)('%s is left out, and the others are used', async (_name, host, at) => {
    const registry = await startRegistry(
      answer([entry(host, at), entry('127.0.0.1', port), entry(host, at)]),
    );
    const before = warnings.length;
    const client = balance(source(registry.origin));
    expect((await client.get('/')).status).toBe(200);
    expect(urlsOf(client)).toEqual([`http://127.0.0.1:${String(port)}/`]);
    expect(warnings.slice(before)).toEqual([
      { service: kind === 'consul' ? 'orders' : 'ORDERS', unusable: 2 },
    ]);
  });

  it('entries of the wrong shape are left out', async () => {
    const wrong = [null, 1, 'x', [], { Service: null }, { Service: 'x' }, { status: 'UP', port: 'x' }];
    const registry = await startRegistry(answer([...(wrong as object[]), entry('127.0.0.1', port)]));
    const client = balance(source(registry.origin));
    expect((await client.get('/')).status).toBe(200);
    expect(urlsOf(client).length).toBe(1);
  });

  it('one endpoint that is told a thousand times is one', async () => {
    const registry = await startRegistry(
      answer(Array.from({ length: 1_000 }, () => entry('127.0.0.1', port))),
    );
    const client = balance(source(registry.origin));
    await client.get('/');
    expect(urlsOf(client).length).toBe(1);
  });

  it('more than a thousand endpoints are a thousand', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) =>
      entry(`127.${String(index >> 8)}.${String(index & 255)}.1`, port),
    );
    const registry = await startRegistry(answer(many));
    const client = balance(source(registry.origin));
    await client.get('/').catch(() => undefined);
    expect(urlsOf(client).length).toBe(1_000);
  });

  it('the connection of an answer without an end is closed', async () => {
    const registry = await startRegistry(endless);
    const before = process.memoryUsage().rss;
    await expect(source(registry.origin).lookup(never)).rejects.toThrow(/too much/);
    for (let turn = 0; turn < 200 && registry.open.size > 0; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(registry.open.size).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * mib);
  });

  it('brackets do not stop the event loop', async () => {
    const registry = await startRegistry(raw('['.repeat(mib - 1)));
    await expect(source(registry.origin).lookup(never)).rejects.toThrow(/too deep/);
  });
});

describe('C.12 Consul', () => {
  it('an index that is none is not sent back, and is forgotten when a query fails', async () => {
    const asked: (string | null)[] = [];
    let index = 'Infinity';
    const registry = await startRegistry((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('index'));
      if (index === 'fail') response.writeHead(400).end();
      else json([consulEntry('127.0.0.1', port)], { 'x-consul-index': index })(request, response);
    });
    const source = registries.consul.source(registry.origin);
    for (const next of ['Infinity', '1e308', '9007199254740993', '-1', '7', 'fail', '8']) {
      index = next;
      await source.lookup(never).catch(() => undefined);
    }
    expect(asked).toEqual([null, null, null, null, null, '7', null]);
  });

  it.each([
    ['"5"', '5'],
    ['1e308', 1e308],
    ['-1', -1],
    ['null', null],
    ['1e-320', 1e-320],
  ])('a weight of %s draws no more than its share', async (_name, weight) => {
    const other = await startRegistry(json({}));
    const at = Number(new URL(other.origin).port);
    const weights = { Weights: { Passing: weight } };
    const entries = [consulEntry('127.0.0.1', at, weights), consulEntry('127.0.0.1', port)];
    const registry = await startRegistry(json(entries));
    const client = balance(registries.consul.source(registry.origin));
    served = 0;
    for (let call = 0; call < 60; call += 1) await client.get('/');
    expect(served).toBeGreaterThan(10);
    if (weight !== 1e-320) expect(served).toBeLessThan(50);
  });
});

describe('C.12 evil answers by DNS', () => {
  const resolver = (records: readonly object[], services: readonly object[] = []): object => {
    return {
      resolve4: () => Promise.resolve(records),
      resolve6: () => Promise.resolve(records),
      resolveSrv: () => Promise.resolve(services),
    };
  };
  const sources = {
    dns: (records: readonly object[]) =>
      new modules.DnsEndpoints(`http://orders.internal:${String(port)}`, resolver(records)),
    srv: (records: readonly object[]) =>
      new modules.SrvEndpoints(
        'http://_orders._tcp.internal',
        resolver(records, [{ name: 'a.internal', port, priority: 1, weight: 1 }]),
      ),
  };

  describe.each(['dns', 'srv'] as const)('%s', (kind) => {
    it.each([
      ['an address that is none', '127.0.0.1/evil'],
      ['an address with a line break', '127.0.0.1\n'],
      ['no address', ''],
      ['an address that is no text', 7],
    ])('%s is left out, and the others are used', async (_name, address) => {
      const client = balance(
        sources[kind]([
          { address, ttl: 1 },
          { address: '127.0.0.1', ttl: 1 },
        ]),
      );
      expect((await client.get('/')).status).toBe(200);
      expect(urlsOf(client).length).toBe(1);
    });

    it.each([0, -1, Number.NaN, 2 ** 31, 1e308])('a TTL of %s is no flood and no eternity', async (ttl) => {
      const { setTimeout: real } = globalThis;
      const delays: number[] = [];
      const source = sources[kind]([{ address: '127.0.0.1', ttl }]);
      let lookups = 0;
      const counting: Source = {
        name: 'orders',
        lookup: async (signal) => {
          lookups += 1;
          const lookup = await source.lookup(signal);
          delays.push(lookup.refreshMs);
          return lookup;
        },
      };
      const client = balance(counting);
      expect((await client.get('/')).status).toBe(200);
      await new Promise((resolve) => real(resolve, 50));
      expect(lookups).toBe(1);
      expect(delays[0]).not.toBe(Number.POSITIVE_INFINITY);
    });
  });

  it.each([
    ['a port of 0', { port: 0 }],
    ['a weight that is none', { weight: Number.NaN }],
    ['a priority that is none', { priority: Number.NaN }],
    ['a weight of 1e308', { weight: 1e308 }],
    ['a target with a path', { name: 'a/evil' }],
  ])('srv: %s takes no other one away', async (_name, evil) => {
    const one = { name: 'a.internal', port, priority: 1, weight: 1 };
    const records = [{ ...one, port: await findFreePort(), ...evil }, one];
    const source = new modules.SrvEndpoints(
      'http://_orders._tcp.internal',
      resolver([{ address: '127.0.0.1', ttl: 1 }], records),
    );
    const client = balance(source);
    for (let call = 0; call < 10; call += 1) expect((await client.get('/')).status).toBe(200);
  });
});

describe('C.12 evil lists of a source of their own', () => {
  const url = (): string => `http://127.0.0.1:${String(port)}`;
  it.each<[string, unknown]>([
    ['another protocol', 'ftp://127.0.0.1'],
    ['a file', 'file:///etc/passwd'],
    ['code', 'javascript:alert(1)'],
    ['credentials', 'http://user:pass@127.0.0.1'],
    ['a line break', 'http://127.0.0.1\n.evil'],
    ['a backslash', 'http:\\\\127.0.0.1'],
    ['a port of 0', 'http://127.0.0.1:0'],
    ['8 KB', `http://127.0.0.1/${'a'.repeat(8_192)}`],
    ['no URL', 'nothing'],
    ['nothing', undefined],
    ['an object', {}],
  ])('%s is left out, after and before what is right', async (_name, evil) => {
    const told: Endpoint[][] = [[{ url: url() }], [{ url: evil }, { url: url() }], [{ url: evil }], []];
    const source: Source = {
      name: 'orders',
      lookup: () => Promise.resolve({ endpoints: told.shift() ?? [], refreshMs: 0 }),
    };
    const stepped = new Stepped(source);
    const client = balance(stepped);
    await client.get('/');
    for (let step = 0; step < 3; step += 1) {
      await Promise.race([stepped.step(), new Promise((resolve) => setTimeout(resolve, 20))]);
      expect(urlsOf(client)).toEqual([url()]);
      expect((await client.get('/')).status).toBe(200);
    }
  });

  it('no list at all leaves the last one', async () => {
    const told: unknown[] = [[{ url: url() }], 'x', null, { length: 1e9 }];
    const source: Source = {
      name: 'orders',
      lookup: () => Promise.resolve({ endpoints: told.shift() as Endpoint[], refreshMs: Number.NaN }),
    };
    const client = balance(source);
    expect((await client.get('/')).status).toBe(200);
    expect(urlsOf(client)).toEqual([url()]);
  });
});

describe('C.12 the work of a call does not grow with endpoints that are down', () => {
  const dead = async (count: number): Promise<Endpoint[]> => {
    const at = await findFreePort();
    return Array.from({ length: count }, (_, index) => {
      return { url: `http://127.1.${String(index >> 7)}.${String((index & 127) + 1)}:${String(at)}` };
    });
  };
  const fixed = (endpoints: readonly Endpoint[]): Source => {
    return { name: 'orders', lookup: () => Promise.resolve({ endpoints, refreshMs: 1e6 }) };
  };

  it('one call asks ten of a thousand that refuse, and no more', async () => {
    const client = balance(fixed(await dead(1_000)));
    await expect(client.get('/')).rejects.toMatchObject({ kind: 'network' });
    const asked = client.getEndpointStats().filter(({ circuit }) => {
      return (circuit as unknown as { failures: number }).failures > 0;
    });
    expect(asked.length).toBe(10);
  });

  it('a thousand that are down make a good call and a refused one no dearer', async () => {
    const breaker = { failureThreshold: 1, timeout: 60_000 };
    const evil = await dead(1_000);
    const client = balance(fixed(evil), { circuitBreakerOptions: breaker });
    for (let call = 0; call < 100; call += 1) await client.get('/').catch(() => undefined);
    expect(client.getCircuitStats().state).toBe('OPEN');
    const startedAt = performance.now();
    for (let call = 0; call < 2_000; call += 1) expect(client.refuseForMs()).toBeGreaterThan(0);
    for (let call = 0; call < 2_000; call += 1) client.getCircuitStats();
    const refusedMs = (performance.now() - startedAt) / 4_000;
    expect(refusedMs).toBeLessThan(0.5);

    const mixed = balance(fixed([...evil.slice(0, 999), { url: `http://127.0.0.1:${String(port)}` }]), {
      circuitBreakerOptions: breaker,
    });
    const down = (): number =>
      mixed.getEndpointStats().filter(({ circuit }) => circuit.state === 'OPEN').length;
    for (let call = 0; call < 2_000 && down() < 999; call += 1) await mixed.get('/').catch(() => undefined);
    expect(down()).toBe(999);
    const alone = balance(fixed([{ url: `http://127.0.0.1:${String(port)}` }]));
    const timeOf = async (client: BalancedClient): Promise<number> => {
      const cpu = process.cpuUsage();
      for (let call = 0; call < 500; call += 1) await client.get('/');
      return process.cpuUsage(cpu).user / 500;
    };
    await timeOf(alone);
    const [own, among] = [await timeOf(alone), await timeOf(mixed)];
    console.log(
      `[fire] a call costs ${own.toFixed(0)} µs alone, ${among.toFixed(0)} µs among 999 that are down`,
    );
    expect(among).toBeLessThan(3 * own + 500);
  });

  it('a thousand priorities are no dearer than one', async () => {
    const evil = (await dead(999)).map((one, priority) => ({ ...one, priority }));
    const client = balance(fixed([...evil, { url: `http://127.0.0.1:${String(port)}`, priority: 5_000 }]), {
      circuitBreakerOptions: { failureThreshold: 1, timeout: 60_000 },
    });
    for (let call = 0; call < 100; call += 1) await client.get('/').catch(() => undefined);
    expect((await client.get('/')).status).toBe(200);
  });
});
