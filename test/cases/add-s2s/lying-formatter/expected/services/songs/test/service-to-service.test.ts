import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

/*
 * The real services against each other, each a process of its own, over real HTTP.
 * They get the environment of this test: a service that needs a database needs it here too.
 */

const SERVICE_SECRET = `integration-${randomUUID()}`;
const JWT_SECRET = `integration-${randomUUID()}`;

const AUTH_DIR = new URL("../../auth", import.meta.url);
const CONSUMER_DIR = new URL("..", import.meta.url);

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
  output = "";
  readonly #spawn: () => ChildProcess;
  #child: ChildProcess | undefined;

  constructor(
    port: number,
    cwd: string | URL,
    args: string[],
    own: Record<string, string>
  ) {
    this.origin = `http://127.0.0.1:${String(port)}`;
    const env = {
      ...process.env,
      NODE_ENV: "development",
      LOG_LEVEL: "info",
      ...own
    };
    this.#spawn = () =>
      spawn(process.execPath, args, {
        cwd,
        env,
        stdio: ["ignore", "pipe", "pipe", "ipc"]
      });
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = this.#spawn();
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
    const answers = (): Promise<boolean> =>
      fetch(this.origin).then(Boolean, () => false);
    await eventually(async () => child.exitCode !== null || (await answers()));
    if (child.exitCode !== null)
      throw new Error(`It did not start:\n${this.output}`);
  }

  /** As a crash would: nothing is closed first. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child?.kill("SIGKILL") === true) await once(child, "exit");
  }

  async skipTime(ms: number): Promise<void> {
    const skipped = new Promise((done) => this.#child?.once("message", done));
    this.#child?.send(ms);
    await skipped;
  }
}

/** `port` when nothing listens on it; 0 for any free one. */
async function reservePort(port: number): Promise<number> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const reserved = (server.address() as AddressInfo).port;
  await new Promise((done) => server.close(done));
  return reserved;
}

async function eventually(
  isTrue: () => boolean | Promise<boolean>
): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS;
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt)
      throw new Error(`Never came true: ${String(isTrue)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

let auth: ServiceProcess;
let claims: object;

beforeAll(async () => {
  const authPort = await reservePort(0);
  auth = new ServiceProcess(
    authPort,
    AUTH_DIR,
    ["--import", "tsx", "src/server.ts"],
    {
      PORT: String(authPort),
      HOST: "127.0.0.1",
      JWT_SECRET: JWT_SECRET,
      SERVICE_AUTH_SECRET: SERVICE_SECRET
    }
  );
  await auth.start();
  claims = JSON.parse(
    Buffer.from(logIn().split(".")[1] ?? "", "base64url").toString()
  ) as object;
}, START_LIMIT_MS);

afterAll(() => auth.stop());

/** A token with the claims of the login. */
function logIn(): string {
  return sign({
    sub: "user-1",
    email: "user@example.com",
    tenantId: "tenant-1"
  });
}

/** A token of the login, other than all before. */
function createToken(secret?: string): string {
  return sign({ ...claims, jti: randomUUID() }, secret);
}

/** It lives for a minute. */
function sign(payload: object, secret = JWT_SECRET): string {
  const encode = (part: object): string =>
    Buffer.from(JSON.stringify(part)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const input = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ ...payload, exp })}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

function verify(
  token: string,
  serviceSecret = SERVICE_SECRET
): Promise<Response> {
  return fetch(`${auth.origin}/auth/verify`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-service-secret": serviceSecret
    },
    body: JSON.stringify({ token })
  });
}

describe("service to service: /auth/verify of @jukebox/auth", () => {
  it("identifies the user of a login", async () => {
    const response = await verify(logIn());
    const answer = (await response.json()) as object;
    const user = {
      valid: true,
      userId: "user-1",
      email: "user@example.com",
      tenantId: "tenant-1"
    };
    expect([response.status, answer]).toEqual([200, { ...answer, ...user }]);
  });

  it("refuses tokens that it has not signed, and callers that it does not trust", async () => {
    expect((await verify(createToken("another secret"))).status).toBe(401);
    expect((await verify("garbage")).status).toBe(401);
    expect((await verify(createToken(), "guess")).status).toBe(403);
  });

  it("refuses a token after POST /auth/logout, here and in the consumer", async () => {
    const token = createToken();
    expect((await verify(token)).status).toBe(200);
    const headers = { authorization: `Bearer ${token}` };
    const { ok } = await fetch(`${auth.origin}/auth/logout`, {
      method: "POST",
      headers
    });
    expect(ok).toBe(true);
    expect((await verify(token)).status).toBe(401);
    expect((await ask(token)).status).toBe(401);
  });
});

let consumer: ServiceProcess;

beforeAll(async () => {
  const consumerPort = await reservePort(0);
  const args = ["--import", CLOCK, "--import", "tsx", "src/server.ts"];
  consumer = new ServiceProcess(consumerPort, CONSUMER_DIR, args, {
    PORT: String(consumerPort),
    HOST: "127.0.0.1",
    AUTH_SERVICE_URL: auth.origin,
    SERVICE_AUTH_SECRET: SERVICE_SECRET
  });
  await consumer.start();
}, START_LIMIT_MS);

afterAll(() => consumer.stop());

/** Asks the consumer for what only known callers get. */
function ask(
  token?: string,
  given: Record<string, string> = {}
): Promise<Response> {
  const headers = new Headers(given);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  return fetch(`${consumer.origin}/songs`, { method: "GET", headers });
}

/** The middleware let it through: what the route itself says is not looked at. */
function isLetIn({ status }: Response): boolean {
  return status !== 401 && status !== 503;
}

describe("service to service: @jukebox/songs", () => {
  it("lets a caller with a valid token in, and refuses one without or with an invalid one", async () => {
    expect(isLetIn(await ask(createToken()))).toBe(true);
    for (const token of [undefined, "garbage", createToken("another secret")]) {
      const response = await ask(token);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        error: "Invalid or expired token"
      });
    }
  });

  it("keeps the correlation ID of a request across the services", async () => {
    const correlationId = `integration-${randomUUID()}`;
    const response = await ask(createToken(), {
      "x-correlation-id": correlationId
    });
    expect(response.headers.get("x-correlation-id")).toBe(correlationId);
    await eventually(() => consumer.output.includes(correlationId));
    await eventually(() => auth.output.includes(correlationId));
  });
});

describe("service to service: outage of @jukebox/auth", () => {
  it("answers 503, opens its circuit, and recovers when the service is back", async () => {
    await auth.stop();
    const answers: Response[] = [];
    while (answers.length < 10) answers.push(await ask(createToken()));
    expect(answers.every(({ status }) => status === 503)).toBe(true);
    // Only an open circuit says when to come back.
    expect(
      Number(answers.slice(-1)[0]?.headers.get("retry-after"))
    ).toBeGreaterThan(0);

    await auth.start();
    expect((await ask(createToken())).status).toBe(503);

    await consumer.skipTime(120_000);
    for (let call = 0; call < 3; call += 1)
      expect(isLetIn(await ask(createToken()))).toBe(true);
  }, 60_000);
});
