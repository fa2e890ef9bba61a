import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

/*
 * The real services against each other, each a process of its own, over real HTTP.
 * They get the environment of this test: a service that needs a database needs it here too.
 */

/** A service that asks @diner/auth who is calling. */
export interface Consumer {
  readonly name: string;
  readonly dir: string;
  /** Arguments of `node` that start it in its folder. */
  readonly start: readonly string[];
  /** Where it listens; 0 where its environment says so. */
  readonly port: number;
  readonly env: (consumerPort: number, auth: Readonly<{ origin: string }>) => Environment;
  /** A route that asks for a token. */
  readonly route: readonly [method: string, url: string];
  /** Its log is in its output. */
  readonly logs: boolean;
}

const SERVICE_SECRET = `integration-${randomUUID()}`;
const JWT_SECRET = `integration-${randomUUID()}`;

const AUTH_DIR = fileURLToPath(new URL('../../../auth', import.meta.url));
const AUTH_START = ['--import', 'tsx', 'src/server.ts'];
const AUTH_LOGS: boolean = true;

type Environment = Readonly<Record<string, string>>;

const START_LIMIT_MS = 30_000;

/** Runs before the consumer: puts its clock forward on request, so that nobody has to wait. */
const CLOCK = `
  let skipped = 0;
  const now = performance.now.bind(performance);
  performance.now = () => now() + skipped;
  process.on('message', (ms) => { skipped += ms; process.send?.('skipped'); });
  process.channel?.unref();
`;
const CLOCK_FILE = `${tmpdir()}/clock-${randomUUID()}.cjs`;

/** A service in a process of its own; `output` is all that it has logged. */
class ServiceProcess {
  readonly origin: string;
  output = '';
  readonly #dir: string;
  readonly #args: readonly string[];
  readonly #env: Environment;
  #child: ChildProcess | undefined;

  constructor(port: number, dir: string, args: readonly string[], env: Environment) {
    this.origin = `http://127.0.0.1:${String(port)}`;
    this.#dir = dir;
    this.#args = args;
    this.#env = env;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [...this.#args], {
      cwd: this.#dir,
      env: { ...process.env, NODE_ENV: 'development', LOG_LEVEL: 'info', ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    }
    const answers = (): Promise<boolean> => fetch(this.origin).then(Boolean, () => false);
    await eventually(async () => child.exitCode !== null || (await answers()), START_LIMIT_MS);
    if (child.exitCode !== null) throw new Error(`${this.#dir} did not start:\n${this.output}`);
  }

  /** As a crash would: nothing is closed first. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await exited;
  }

  async skipTime(ms: number): Promise<void> {
    const skipped = new Promise((done) => this.#child?.once('message', done));
    this.#child?.send(ms);
    await skipped;
  }
}

/** `port` when nothing listens on it; 0 for any free one. */
async function reservePort(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  const reserved = (server.address() as AddressInfo).port;
  await new Promise((done) => server.close(done));
  return reserved;
}

async function eventually(
  isTrue: () => boolean | Promise<boolean>,
  limitMs: number,
): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt) throw new Error(`Not within ${String(limitMs)} ms: ${String(isTrue)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

let auth: ServiceProcess;
let claims: object;

/** A token with the claims of the login. */
function logIn(): string {
  return sign({ sub: 'user-1', email: 'user@example.com', tenantId: 'tenant-1' });
}

/** A token of the login, other than all before. */
function createToken(secret?: string): string {
  return sign({ ...claims, jti: randomUUID() }, secret);
}

/** It lives for a minute. */
function sign(payload: object, secret = JWT_SECRET): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ ...payload, exp })}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function verify(token: string, serviceSecret = SERVICE_SECRET): Promise<Response> {
  return fetch(`${auth.origin}/auth/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-service-secret': serviceSecret },
    body: JSON.stringify({ token }),
  });
}

/** The middleware let it through: what the route itself says is not looked at. */
function isLetIn({ status }: Response): boolean {
  return status !== 401 && status !== 503;
}

/** Starts @diner/auth and a consumer, and tests what they say to callers with and without a token. */
export function testConsumer({ dir, env, logs, name, port, route: [method, url], start }: Consumer): void {
  let consumer: ServiceProcess;

  beforeAll(async () => {
    const authPort = await reservePort(0);
    auth = new ServiceProcess(authPort, AUTH_DIR, AUTH_START, {
      PORT: String(authPort),
      HOST: '127.0.0.1',
      JWT_SECRET: JWT_SECRET,
      SERVICE_AUTH_SECRET: SERVICE_SECRET,
    });
    await auth.start();
    claims = JSON.parse(Buffer.from(logIn().split('.')[1] ?? '', 'base64url').toString()) as object;

    const consumerPort = await reservePort(port);
    writeFileSync(CLOCK_FILE, CLOCK);
    consumer = new ServiceProcess(consumerPort, dir, ['--require', CLOCK_FILE, ...start], {
      ...env(consumerPort, auth),
      SERVICE_AUTH_SECRET: SERVICE_SECRET,
    });
    await consumer.start();
  }, START_LIMIT_MS);

  afterAll(async () => {
    await consumer.stop();
    await auth.stop();
    rmSync(CLOCK_FILE, { force: true });
  });

  /** Asks the consumer for what only known callers get. */
  function ask(token?: string, headers: Environment = {}): Promise<Response> {
    const own: Environment = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return fetch(`${consumer.origin}${url}`, { method, headers: { ...own, ...headers } });
  }

  describe('service to service: /auth/verify of @diner/auth', () => {
    it('identifies the user of a login', async () => {
      const response = await verify(logIn());
      const answer = (await response.json()) as Record<string, unknown>;
      expect(response.status).toBe(200);
      expect(answer['valid']).toBe(true);
      expect(answer['userId']).toBe('user-1');
      expect(answer['email']).toBe('user@example.com');
      expect(answer['tenantId']).toBe('tenant-1');
    });

    it('refuses tokens that it has not signed, and callers that it does not trust', async () => {
      expect((await verify(createToken('another secret'))).status).toBe(401);
      expect((await verify('garbage')).status).toBe(401);
      expect((await verify(createToken(), 'guess')).status).toBe(403);
    });

    it('refuses a token after POST /auth/logout, here and in the consumer', async () => {
      const token = createToken();
      expect((await verify(token)).status).toBe(200);
      const headers = { authorization: `Bearer ${token}` };
      const { ok } = await fetch(`${auth.origin}/auth/logout`, { method: 'POST', headers });
      expect(ok).toBe(true);
      expect((await verify(token)).status).toBe(401);
      expect((await ask(token)).status).toBe(401);
    });
  });

  describe(`service to service: ${name}`, () => {
    it('lets a caller with a valid token in', async () => {
      expect(isLetIn(await ask(createToken()))).toBe(true);
    });

    it('refuses a caller without a token', async () => {
      const response = await ask();
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ error: 'Invalid or expired token' });
    });

    it('refuses an invalid token', async () => {
      for (const token of ['garbage', createToken('another secret')]) {
        expect((await ask(token)).status).toBe(401);
      }
    });

    it('keeps the correlation ID of a request across the services', async () => {
      const correlationId = `integration-${randomUUID()}`;
      const response = await ask(createToken(), { 'x-correlation-id': correlationId });
      expect(response.headers.get('x-correlation-id')).toBe(correlationId);
      await eventually(() => !logs || consumer.output.includes(correlationId), 5_000);
      await eventually(() => !AUTH_LOGS || auth.output.includes(correlationId), 5_000);
    });
  });

  describe('service to service: outage of @diner/auth', () => {
    it('answers 503, opens its circuit, and recovers when the service is back', async () => {
      await auth.stop();
      let answer = await ask(createToken());
      for (let call = 1; call < 10 && answer.headers.get('retry-after') === null; call += 1) {
        expect(answer.status).toBe(503);
        answer = await ask(createToken());
      }
      // Only an open circuit says when to come back.
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      await eventually(() => !logs || consumer.output.includes('circuit breaker is open'), 5_000);

      await auth.start();
      expect((await ask(createToken())).status).toBe(503);

      await consumer.skipTime(120_000);
      for (let call = 0; call < 3; call += 1) expect(isLetIn(await ask(createToken()))).toBe(true);
    }, 60_000);
  });
}
