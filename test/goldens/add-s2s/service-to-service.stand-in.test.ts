import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * The real service, a process of its own, over real HTTP.
 * The auth service is not in this repository: a small HTTP server stands in for it.
 * The service gets the environment of this test: one that needs a database needs it here too.
 */

const SERVICE_SECRET = `integration-${randomUUID()}`;

const CONSUMER_DIR = new URL('..', import.meta.url);

const START_LIMIT_MS = 30_000;

/** Loaded before the consumer: puts its clock forward on request, so that nobody has to wait. */
const CLOCK = `data:text/javascript,${encodeURIComponent(`
  let skipped = 0;
  const now = performance.now.bind(performance);
  performance.now = () => now() + skipped;
  process.on('message', (ms) => { skipped += ms; process.send?.('skipped'); });
  process.channel?.unref();
`)}`;

/** A service in a process of its own; `output` is all that it has logged. */
class ServiceProcess {
  readonly origin: string;
  output = '';
  readonly #spawn: () => ChildProcess;
  #child: ChildProcess | undefined;

  constructor(port: number, cwd: string | URL, args: string[], own: Record<string, string>) {
    this.origin = `http://127.0.0.1:${String(port)}`;
    const env = { ...process.env, NODE_ENV: 'development', LOG_LEVEL: 'info', ...own };
    this.#spawn = () => spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = this.#spawn();
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    const answers = (): Promise<boolean> => fetch(this.origin).then(Boolean, () => false);
    await eventually(async () => child.exitCode !== null || (await answers()));
    if (child.exitCode !== null) throw new Error(`It did not start:\n${this.output}`);
  }

  /** As a crash would: nothing is closed first. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child?.kill('SIGKILL') === true) await once(child, 'exit');
  }

  async skipTime(ms: number): Promise<void> {
    const skipped = new Promise((done) => this.#child?.once('message', done));
    this.#child?.send(ms);
    await skipped;
  }
}

/** `port` when nothing listens on it; 0 for any free one. */
async function reservePort(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const reserved = (server.address() as AddressInfo).port;
  await new Promise((done) => server.close(done));
  return reserved;
}

async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS;
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt) throw new Error(`Never came true: ${String(isTrue)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Stands in for the auth service: knows the tokens that it was told of. */
class StandIn {
  origin = '';
  readonly #known: ReadonlySet<string>;
  #server: Server | undefined;

  constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { token } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { token: string };
        const valid = request.url === '/auth/verify' && this.#known.has(token);
        const refusal = { valid, error: 'Token is invalid', code: 'invalid' };
        const answer = valid ? { valid, userId: '1', email: 'user@example.com' } : refusal;
        response.writeHead(valid ? 200 : 401, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      });
    });
    const port = this.origin === '' ? 0 : Number(new URL(this.origin).port);
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    this.#server = server;
    this.origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  }
}

const known = new Set<string>();
const auth = new StandIn(known);

beforeAll(() => auth.start());
afterAll(() => auth.stop());

/** A token that the stand-in knows. */
function createToken(): string {
  const token = `token.${randomUUID()}`;
  known.add(token);
  return token;
}

let consumer: ServiceProcess;

beforeAll(async () => {
  const consumerPort = await reservePort(0);
  const args = ['--import', CLOCK, '--import', 'tsx', 'src/server.ts'];
  consumer = new ServiceProcess(consumerPort, CONSUMER_DIR, args, {
    PORT: String(consumerPort),
    HOST: '127.0.0.1',
    AUTH_SERVICE_URL: auth.origin,
    SERVICE_AUTH_SECRET: SERVICE_SECRET,
  });
  await consumer.start();
}, START_LIMIT_MS);

afterAll(() => consumer.stop());

/** Asks the consumer for what only known callers get. */
function ask(token?: string, given: Record<string, string> = {}): Promise<Response> {
  const headers = new Headers(given);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  return fetch(`${consumer.origin}/invoices`, { method: 'GET', headers });
}

/** The middleware let it through: what the route itself says is not looked at. */
function isLetIn({ status }: Response): boolean {
  return status !== 401 && status !== 503;
}

describe('service to service: billing-service', () => {
  it('lets a caller with a valid token in, and refuses one without or with an invalid one', async () => {
    expect(isLetIn(await ask(createToken()))).toBe(true);
    for (const token of [undefined, 'garbage']) {
      const response = await ask(token);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ error: 'Invalid or expired token' });
    }
  });

  it('keeps the correlation ID of a request across the services', async () => {
    const correlationId = `integration-${randomUUID()}`;
    const response = await ask(createToken(), { 'x-correlation-id': correlationId });
    expect(response.headers.get('x-correlation-id')).toBe(correlationId);
    await eventually(() => consumer.output.includes(correlationId));
  });
});

describe('service to service: outage of the auth service', () => {
  it('answers 503, opens its circuit, and recovers when the service is back', async () => {
    await auth.stop();
    const answers: Response[] = [];
    while (answers.length < 10) answers.push(await ask(createToken()));
    expect(answers.every(({ status }) => status === 503)).toBe(true);
    // Only an open circuit says when to come back.
    expect(Number(answers.slice(-1)[0]?.headers.get('retry-after'))).toBeGreaterThan(0);

    await auth.start();
    expect((await ask(createToken())).status).toBe(503);

    await consumer.skipTime(120_000);
    for (let call = 0; call < 3; call += 1) expect(isLetIn(await ask(createToken()))).toBe(true);
  }, 60_000);
});
