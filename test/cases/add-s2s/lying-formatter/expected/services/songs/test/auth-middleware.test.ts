import Fastify, {
  type FastifyInstance,
  type LightMyRequestResponse
} from "fastify";
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
  authMiddleware,
  type AuthMiddlewareOptions
} from "../src/middleware/auth.middleware.js";
import { type Answer, hangUp, json, silence, StubServer } from "./test-kit.js";

const ADA = {
  valid: true,
  userId: "ada",
  email: "ada@acme.test",
  tenantId: "acme"
};
const INVALID = { error: "Invalid or expired token" };
const UNAVAILABLE = {
  error:
    "Authentication service temporarily unavailable. Please try again later."
};

interface Me {
  user: { userId: string };
}

/** Stands in for the auth service. */
const auth = new StubServer();
const apps: FastifyInstance[] = [];
let log: string[] = [];

beforeAll(() => auth.start());
beforeEach(() => {
  auth.answer(json(200, ADA));
  log = [];
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => auth.stop());

/** An application with one guarded plugin and one open route. */
async function buildApp(
  options: AuthMiddlewareOptions = {}
): Promise<FastifyInstance> {
  const stream = { write: (line: string) => log.push(line) };
  const app = Fastify({
    forceCloseConnections: true,
    logger: { level: "debug", stream }
  });
  apps.push(app);
  const own = { baseUrl: auth.origin, serviceSecret: "" };
  await app.register(authMiddleware, { ...own, ...options });
  app.get("/open", (request) => ({
    user: request.user,
    id: request.correlationId
  }));
  await app.register((guarded, _options, done) => {
    guarded.addHook("onRequest", guarded.authenticate);
    guarded.get("/me", (request) => ({
      user: request.user,
      id: request.correlationId
    }));
    done();
  });
  return app;
}

const good = { authorization: "Bearer a.good.token" };

function get(
  app: FastifyInstance,
  headers = {},
  url = "/me"
): Promise<LightMyRequestResponse> {
  return app.inject({ method: "GET", url, headers });
}

/** The lines that were logged with that message. */
function logged(message: string): Record<string, unknown>[] {
  const lines = log.filter((line) => line.includes(message));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("auth middleware, tokens", () => {
  it("lets a valid token in, and puts its claims and the correlation ID on the request", async () => {
    const response = await get(await buildApp(), {
      ...good,
      "x-correlation-id": "request-1"
    });
    const user = { userId: "ada", email: "ada@acme.test", tenantId: "acme" };
    expect(response.json()).toEqual({ user, id: "request-1" });
    expect(response.headers["x-correlation-id"]).toBe("request-1");
    const { body, headers, url } = auth.last;
    expect([url, body]).toEqual(["/auth/verify", '{"token":"a.good.token"}']);
    expect(headers["x-correlation-id"]).toBe("request-1");
    const [line] = logged("Authentication successful");
    expect([line?.["userId"], line?.["correlationId"]]).toEqual([
      "ada",
      "request-1"
    ]);
  });

  it("refuses a missing, malformed or oversized token without a call", async () => {
    const app = await buildApp();
    const headers = [
      "",
      "Bearer",
      "Basic YWRh",
      "Bearer two tokens",
      "No Bearer token"
    ];
    for (const authorization of [...headers, `Bearer ${"a".repeat(8_193)}`]) {
      const response = await get(app, { authorization });
      expect([response.statusCode, response.json()]).toEqual([401, INVALID]);
      expect(response.headers["www-authenticate"]).toBe("Bearer");
    }
    expect(auth.received.length).toBe(0);
  });

  it("leaves the other routes alone", async () => {
    const response = await get(await buildApp(), {}, "/open");
    expect([
      response.statusCode,
      response.json<{ user: unknown }>().user
    ]).toEqual([200, null]);
    expect(auth.received.length).toBe(0);
  });
});

describe("auth middleware, answers of the auth service", () => {
  const rows: readonly (readonly [string, Answer, number])[] = [
    ["200 with a user", json(200, ADA), 200],
    ["401", json(401, {}), 401],
    ["200 that says invalid", json(200, { valid: false }), 401],
    ["200 without a user", json(200, { valid: true }), 503],
    ["200 that is no object", json(200, null), 503],
    ["403", json(403, {}), 503],
    ["404", json(404, {}), 503],
    ["429", json(429, {}), 503],
    ["500", json(500, { error: "secret detail" }), 503],
    ["a redirect", json(302, {}, { location: "/elsewhere" }), 503],
    ["a dropped connection", hangUp, 503],
    ["no answer", silence, 503]
  ];
  for (const [what, answer, status] of rows) {
    it(`answers ${String(status)} to ${what}`, async () => {
      auth.answer(answer);
      const timeout = answer === silence ? 50 : 5_000;
      const app = await buildApp({
        timeout,
        serviceSecret: "between-services"
      });
      const response = await get(app, {
        authorization: "Bearer a.secret.token"
      });
      expect(response.statusCode).toBe(status);
      if (status !== 200)
        expect(response.json()).toEqual(status === 401 ? INVALID : UNAVAILABLE);
      const isMisconfigured = what === "403" || what === "404";
      expect(logged("Auth service refuses").length).toBe(
        isMisconfigured ? 1 : 0
      );
      expect(auth.last.headers["x-service-secret"]).toBe("between-services");
      expect(
        /secret\.token|between-services|secret detail/.test(log.join(""))
      ).toBe(false);
    });
  }
});

describe("auth middleware, circuit", () => {
  it("opens after three failures, says when to come back, and recovers", async () => {
    let now = 0;
    const app = await buildApp({ circuitBreakerOptions: { clock: () => now } });
    auth.answer(json(500, {}));
    for (let call = 0; call < 3; call += 1) await get(app, good);
    auth.answer(json(200, ADA));

    const response = await get(app, good);
    expect([response.statusCode, response.json()]).toEqual([503, UNAVAILABLE]);
    expect(String(response.headers["retry-after"])).toBe("30");
    expect(auth.received.length).toBe(0);
    const [line] = logged("Auth service circuit breaker is open");
    const { state, consecutiveFailures } = line?.["circuitStats"] as Record<
      string,
      unknown
    >;
    expect([line?.["level"], state, consecutiveFailures]).toEqual([
      50,
      "OPEN",
      3
    ]);
    expect((await get(app)).statusCode).toBe(401);

    now = 30_000;
    for (const token of ["one", "two"]) {
      expect(
        (await get(app, { authorization: `Bearer ${token}` })).statusCode
      ).toBe(200);
    }
    expect(app.authServiceClient.getCircuitStats().state).toBe("CLOSED");
  });

  it("is never opened by bad tokens", async () => {
    const app = await buildApp();
    auth.answer(json(401, { valid: false }));
    for (let call = 0; call < 20; call += 1)
      await get(app, { authorization: `Bearer ${String(call)}` });
    expect(app.authServiceClient.getCircuitStats().failures).toBe(0);
  });
});

describe("auth middleware, requests", () => {
  it("asks once about a token that comes many times at once, and never takes it for another", async () => {
    const app = await buildApp();
    auth.answer((response, request) => {
      const { token } = JSON.parse(request.body) as { token: string };
      setTimeout(
        json(200, { valid: true, userId: token }),
        50,
        response,
        request
      );
    });
    const tokens = Array.from(
      { length: 40 },
      (_, index) => `token.${String(10 + (index % 20))}`
    );
    const calls = tokens.map((token) =>
      get(app, { authorization: `Bearer ${token}` })
    );
    const users = (await Promise.all(calls)).map(
      (response) => response.json<Me>().user.userId
    );
    expect([users, auth.received.length]).toEqual([tokens, 20]);
  });

  it("replaces a correlation ID that is missing or not safe", async () => {
    const app = await buildApp();
    for (const id of ["", "a b", "one, two", "a".repeat(129)]) {
      const { headers } = await get(app, { "x-correlation-id": id }, "/open");
      expect(String(headers["x-correlation-id"])).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
