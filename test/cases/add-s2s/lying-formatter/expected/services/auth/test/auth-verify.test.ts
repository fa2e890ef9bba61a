import { createHmac } from "node:crypto";
import fastifyJwt from "@fastify/jwt";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

import type { AuthVerifyOptions } from "../src/plugins/auth-verify.js";
import type { BlacklistStore } from "../src/utils/token-blacklist.js";
import { decodePart } from "../src/utils/token-key.js";

// Configuration is read when it is imported, so this comes first and the service is imported later.
const SECRET = "a-secret-of-these-tests-with-32-bytes-or-more";
process.env["JWT_SECRET"] = SECRET;
const HASHES = { HS256: "sha256", HS384: "sha384", HS512: "sha512" } as const;

let authVerify: typeof import("../src/plugins/auth-verify.js").authVerify;
let claims: Readonly<Record<string, unknown>>;
const apps: FastifyInstance[] = [];
let log = "";

beforeAll(async () => {
  ({ authVerify } = await import("../src/plugins/auth-verify.js"));
  claims = decodePart(await logIn(), 1) ?? {};
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  log = "";
});

async function buildApp(
  options: AuthVerifyOptions = {}
): Promise<FastifyInstance> {
  const write = (line: string): void => {
    log += line;
  };
  const app = Fastify({ logger: { level: "debug", stream: { write } } });
  await app.register(fastifyJwt, { secret: SECRET });
  await app.register(authVerify, {
    serviceAuthSecret: "",
    blacklistStore: {
      add: () => Promise.resolve(),
      has: () => Promise.resolve(false)
    },
    ...options
  });
  apps.push(app);
  return app;
}

/** A token with the claims of the login. */
function logIn(): Promise<string> {
  return Promise.resolve(
    sign({
      sub: "user-1",
      email: "user@example.com",
      tenantId: "tenant-1",
      exp: inSeconds(60)
    })
  );
}

/** A token of the login with other claims, or signed in another way. */
function createToken(
  changes: object = {},
  algorithm?: keyof typeof HASHES,
  secret?: string
): string {
  return sign({ ...claims, exp: inSeconds(60), ...changes }, algorithm, secret);
}

function sign(
  payload: object,
  algorithm: keyof typeof HASHES = "HS256",
  secret = SECRET
): string {
  const input = `${encode({ alg: algorithm, typ: "JWT" })}.${encode(payload)}`;
  return `${input}.${createHmac(HASHES[algorithm], secret).update(input).digest("base64url")}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

async function verify(
  app: FastifyInstance,
  token: unknown,
  headers: Record<string, string> = {}
): Promise<{
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
}> {
  const response = await app.inject({
    method: "POST",
    url: "/auth/verify",
    headers,
    payload: { token }
  });
  const body = response.json<Record<string, unknown>>();
  return { status: response.statusCode, body, headers: response.headers };
}

describe("POST /auth/verify", () => {
  it("identifies the user of a login", async () => {
    const { status, body, headers } = await verify(
      await buildApp(),
      await logIn()
    );

    expect(status).toBe(200);
    expect(body["valid"]).toBe(true);
    expect(body["userId"]).toBe("user-1");
    expect(body["email"]).toBe("user@example.com");
    expect(body["tenantId"]).toBe("tenant-1");
    expect(headers["cache-control"]).toBe("no-store");
  });

  const refused: readonly (readonly [
    what: string,
    code: string,
    token: () => string
  ])[] = [
    ["that has expired", "expired", () => createToken({ exp: inSeconds(-60) })],
    [
      "of another key",
      "invalid",
      () => createToken({}, "HS256", `another ${SECRET}`)
    ],
    ["of another algorithm", "invalid", () => createToken({}, "HS512")],
    [
      "with changed claims",
      "invalid",
      () => createToken().replace(/\.[^.]+\./, `.${encode({ admin: true })}.`)
    ],
    ["without a user", "invalid", () => createToken({ sub: undefined })],
    ["for a refresh", "invalid", () => createToken({ token_use: "refresh" })],
    [
      "without a signature",
      "malformed",
      () => createToken().split(".").slice(0, 2).join(".")
    ],
    ["that is none", "malformed", () => "garbage"]
  ];
  for (const [what, code, token] of refused) {
    it(`refuses a token ${what}`, async () => {
      const { status, body } = await verify(await buildApp(), token());

      expect(status).toBe(401);
      expect([body["valid"], body["code"]]).toEqual([false, code]);
    });
  }

  it("refuses a revoked token, and no other", async () => {
    const keys = new Set<string>();
    const store: BlacklistStore = {
      add: (key) => Promise.resolve(void keys.add(key)),
      has: (key) => Promise.resolve(keys.has(key))
    };
    const app = await buildApp({ blacklistStore: store });
    const [revoked, other] = [
      createToken({ jti: "one" }),
      createToken({ jti: "other" })
    ];
    await app.tokenBlacklist.revoke(revoked);

    const { status, body } = await verify(app, revoked);
    expect(status).toBe(401);
    expect(body).toEqual({
      valid: false,
      error: "Token has been revoked",
      code: "revoked"
    });
    expect((await verify(app, other)).status).toBe(200);
  });

  it("answers 503 when the denylist does not answer", async () => {
    const fail = (): Promise<never> =>
      Promise.reject(new Error("the store is down"));
    const app = await buildApp({ blacklistStore: { add: fail, has: fail } });
    const { status, body } = await verify(app, createToken());

    expect(status).toBe(503);
    expect(body).toEqual({
      valid: false,
      error: "Token status is not available"
    });
  });

  it("answers 400 for a body that does not fit", async () => {
    const app = await buildApp();
    for (const token of [undefined, {}, [], "a".repeat(8_193)]) {
      expect((await verify(app, token)).status).toBe(400);
    }
  });

  it("answers 403 to callers without the service secret, where there is one", async () => {
    const app = await buildApp({ serviceAuthSecret: "between-services" });
    for (const [secret, status] of [
      ["", 403],
      ["guess", 403],
      ["between-services", 200]
    ] as const) {
      expect(
        (await verify(app, createToken(), { "x-service-secret": secret }))
          .status
      ).toBe(status);
    }
    expect(log.includes("between-services")).toBe(false);
  });

  it("echoes the correlation ID and logs it, but no token", async () => {
    const app = await buildApp();
    const tokens = [createToken(), createToken({ exp: inSeconds(-60) })];
    for (const token of tokens) {
      const { headers } = await verify(app, token, {
        "x-correlation-id": "request-1"
      });
      expect(headers["x-correlation-id"]).toBe("request-1");
      expect(log.includes(token)).toBe(false);
    }
    expect(log.includes('"correlationId":"request-1"')).toBe(true);
  });

  it("does not start in production with a secret that can be guessed", async () => {
    const environment = { ...process.env };
    Object.assign(process.env, { NODE_ENV: "production", JWT_SECRET: "short" });
    try {
      await expect(buildApp()).rejects.toMatchObject({
        message: "The JWT secret must have at least 32 bytes"
      });
    } finally {
      Reflect.deleteProperty(process.env, "NODE_ENV");
      Object.assign(process.env, environment);
    }
  });
});
