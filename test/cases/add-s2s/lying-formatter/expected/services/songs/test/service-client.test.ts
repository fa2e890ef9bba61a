import { once } from "node:events";

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it
} from "vitest";

import {
  type RequestOptions,
  ServiceClient,
  ServiceClientError,
  type ServiceClientOptions
} from "../src/utils/service-client.js";
import { type Answer, hangUp, json, silence, StubServer } from "./test-kit.js";

const service = new StubServer();
const clients: ServiceClient[] = [];

beforeAll(() => service.start());
beforeEach(() => {
  service.answer(json(200, { ok: true }));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => service.stop());

function createClient(
  options: Partial<ServiceClientOptions> = {}
): ServiceClient {
  const client = new ServiceClient({
    baseUrl: service.origin,
    retry: false,
    ...options
  });
  clients.push(client);
  return client;
}

async function errorOf(call: Promise<unknown>): Promise<ServiceClientError> {
  const error = await call.catch((reason: unknown) => reason);
  if (!(error instanceof ServiceClientError)) throw error;
  return error;
}

const html: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/html" }).end("<p>");
};

describe("service client, requests", () => {
  it("sends JSON and reads JSON", async () => {
    service.answer(json(201, { id: 7 }));
    const { status, data } = await createClient().post<{ id: number }>(
      "/users",
      { name: "Ada" }
    );
    expect([status, data.id]).toEqual([201, 7]);
    const { body, headers } = service.last;
    expect([body, headers["content-type"]]).toEqual([
      '{"name":"Ada"}',
      "application/json"
    ]);
  });

  it("calls by each method, below the path of the base URL", async () => {
    const client = createClient({ baseUrl: `${service.origin}/api/` });
    await client.get("/users", {
      query: { page: 2, q: "a&b", none: undefined }
    });
    await client.delete("/users/7?x=1", { query: { y: true } });
    for (const method of ["post", "put", "patch"] as const)
      await client[method]("/users", {});
    expect(
      service.received.map(({ method, url }) => `${method} ${url}`)
    ).toEqual([
      "GET /api/users?page=2&q=a%26b",
      "DELETE /api/users/7?x=1&y=true",
      "POST /api/users",
      "PUT /api/users",
      "PATCH /api/users"
    ]);
  });

  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const headerRows: readonly (readonly [
    string,
    RequestOptions,
    string,
    string
  ])[] = [
    ["its own headers", {}, "x-service", "test"],
    [
      "a correlation ID",
      { correlationId: "request-123" },
      "x-correlation-id",
      "request-123"
    ],
    [
      "one from the headers",
      { headers: { "X-Correlation-ID": "r-9" } },
      "x-correlation-id",
      "r-9"
    ],
    [
      "a new one for one that is not safe",
      { correlationId: "a\nb" },
      "x-correlation-id",
      "a UUID"
    ],
    ["a traceparent", { headers: { traceparent } }, "traceparent", traceparent],
    [
      "no traceparent that is none",
      { headers: { traceparent: "x" } },
      "traceparent",
      "undefined"
    ],
    [
      "an idempotency key",
      { idempotencyKey: "order-1" },
      "idempotency-key",
      "order-1"
    ]
  ];
  for (const [what, options, header, expected] of headerRows) {
    it(`sends ${what}`, async () => {
      await createClient({ headers: { "X-Service": "test" } }).post(
        "/",
        {},
        options
      );
      const sent = String(service.last.headers[header]);
      expect(sent.replace(/^[0-9a-f-]{36}$/, "a UUID")).toBe(expected);
    });
  }

  it("refuses wrong input before anything is sent", async () => {
    const client = createClient({ baseUrl: `${service.origin}/api` });
    for (const path of [
      "//evil.test/x",
      "users",
      "/../admin",
      "/a%2f..%2fb",
      "/a\r\nX: y"
    ])
      await expect(client.get(path)).rejects.toMatchObject({
        name: "TypeError"
      });
    for (const headers of [
      { "x-a": "b\r\nx-c: d" },
      { "x a": "b" },
      { Host: "evil.test" }
    ])
      await expect(client.get("/", { headers })).rejects.toMatchObject({
        name: "TypeError"
      });
    await expect(client.get("/", { timeout: -1 })).rejects.toMatchObject({
      name: "RangeError"
    });
    expect(() =>
      createClient({ baseUrl: "http://user:secret@127.0.0.1" })
    ).toThrow(TypeError);
    expect([
      service.received.length,
      client.getCircuitStats().totalCalls
    ]).toEqual([0, 0]);
  });
});

describe("service client, errors", () => {
  const failures: readonly (readonly [string, Answer, string])[] = [
    [
      "a status that is no success",
      json(404, { secret: 1 }),
      "http (status 404)"
    ],
    [
      "a redirect",
      json(302, {}, { location: "http://127.0.0.1:1/" }),
      "http (status 302)"
    ],
    ["an answer that is not JSON", html, "invalid_response (status 200)"],
    [
      "an answer that is too large",
      json(200, "x".repeat(20_000)),
      "invalid_response"
    ],
    ["a dropped connection", hangUp, "network"]
  ];
  for (const [what, answer, reason] of failures) {
    it(`rejects with nothing secret for ${what}`, async () => {
      service.answer(answer);
      const headers = { authorization: "Bearer secret" };
      const client = createClient({ maxResponseBytes: 10_000 });
      const error = await errorOf(
        client.get("/secret", { correlationId: "request-1", headers })
      );
      expect(error.message).toBe(
        `Call to ${new URL(service.origin).host} failed: ${reason}`
      );
      expect([error.kind, error.correlationId]).toEqual([
        reason.replace(/ .*/, ""),
        "request-1"
      ]);
    });
  }

  it("ends a call at its deadline and closes the connection", async () => {
    service.answer((response) => response.writeHead(200).write("{"));
    expect(
      (await errorOf(createClient().get("/", { timeout: 100 }))).kind
    ).toBe("timeout");
    if (!service.last.socket.destroyed)
      await once(service.last.socket, "close");
  });

  it("ends a call when the caller gives up, which does not count as a failure", async () => {
    const client = createClient();
    const controller = new AbortController();
    service.answer(() => {
      controller.abort();
    });
    const error = await errorOf(client.get("/", { signal: controller.signal }));
    expect([error.kind, client.getCircuitStats().failures]).toEqual([
      "aborted",
      0
    ]);
  });

  it("waits for calls in flight before it closes, and makes none after that", async () => {
    const client = createClient();
    service.answer((response, request) => {
      setTimeout(json(200, { late: true }), 50, response, request);
    });
    const call = client.get("/");
    await client.close();
    expect((await call).data).toEqual({ late: true });
    expect((await errorOf(client.get("/"))).kind).toBe("network");
  });
});

describe("service client, circuit", () => {
  it("opens on failures, rejects calls while it is open, and recovers", async () => {
    let now = 0;
    const circuitBreakerOptions = {
      failureThreshold: 3,
      timeout: 100,
      clock: () => now
    };
    const client = createClient({ circuitBreakerOptions });
    service.answer(json(500, {}));
    const kinds: string[] = [];
    for (let call = 0; call < 4; call += 1)
      kinds.push((await errorOf(client.post("/"))).kind);
    expect(kinds).toEqual(["http", "http", "http", "circuit_open"]);
    expect([service.received.length, client.refuseForMs()]).toEqual([3, 100]);

    now = 100;
    service.answer(json(200, {}));
    for (let call = 0; call < 2; call += 1) await client.post("/");
    expect(client.getCircuitStats().state).toBe("CLOSED");
  });

  it("counts 5xx, dropped connections and timeouts, and no answer below 500", async () => {
    const client = createClient();
    const counted: number[] = [];
    for (const answer of [
      json(500, {}),
      hangUp,
      silence,
      json(404, {}),
      json(429, {}),
      html
    ]) {
      service.answer(answer);
      await errorOf(
        client.post("/", {}, { timeout: answer === silence ? 50 : 5_000 })
      );
      counted.push(client.getCircuitStats().failures);
    }
    expect(counted).toEqual([1, 2, 3, 3, 3, 3]);
  });

  it("stays open as long as the service asks for, until a reset", async () => {
    const client = createClient({
      circuitBreakerOptions: { failureThreshold: 1 }
    });
    service.answer(json(503, {}, { "retry-after": "600" }));
    await errorOf(client.get("/"));
    expect((await errorOf(client.get("/"))).retryAfterMs ?? 0).toBeGreaterThan(
      200_000
    );
    client.resetCircuit();
    expect(client.getCircuitStats().state).toBe("CLOSED");
  });
});

describe("service client, retries", () => {
  const [ok, busy] = [json(200, {}), json(503, {})];
  const later = json(429, {}, { "retry-after": "60" });
  const rows: readonly (readonly [
    string,
    Answer[],
    RequestOptions | undefined,
    number
  ])[] = [
    [
      "repeats a GET after temporary failures",
      [busy, hangUp, ok],
      undefined,
      3
    ],
    ["gives up after the last retry", [busy], undefined, 3],
    ["does not repeat what will not change", [json(500, {})], undefined, 1],
    ["does not wait past the deadline", [later], undefined, 1],
    ["does not repeat a POST", [busy, ok], {}, 1],
    [
      "repeats a POST with an idempotency key",
      [busy, ok],
      { idempotencyKey: "order-1" },
      2
    ],
    ["repeats a POST that is idempotent", [busy, ok], { idempotent: true }, 2]
  ];
  for (const [title, answers, post, requests] of rows) {
    it(title, async () => {
      const client = createClient({
        retry: { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 2 }
      });
      service.answer(...answers);
      const call =
        post === undefined ? client.get("/") : client.post("/", {}, post);
      await call.catch(() => undefined);
      expect([
        service.received.length,
        client.getCircuitStats().totalCalls
      ]).toEqual([requests, 1]);
    });
  }
});
