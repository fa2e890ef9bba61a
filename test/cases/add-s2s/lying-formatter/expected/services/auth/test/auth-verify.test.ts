import { createHmac } from "node:crypto";
import fastifyJwt from "@fastify/jwt";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { AuthVerifyOptions } from "../src/plugins/auth-verify.js";
import type { BlacklistStore } from "../src/utils/token-blacklist.js";
import { decodeClaims } from "../src/utils/token-claims.js";

// Configuration is read when it is imported, so this comes first and the route is imported later.
const SECRET = "a-secret-of-these-tests-with-32-bytes-or-more";
process.env["JWT_SECRET"] = SECRET;
const HASHES = { HS256: "sha256", HS384: "sha384", HS512: "sha512" } as const;
const OTHER_ALGORITHM = "HS512";

let authVerify: typeof import("../src/plugins/auth-verify.js").authVerify;
let toIdentity: typeof import("../src/plugins/auth-verify.js").toIdentity;
const apps: FastifyInstance[] = [];
let log = "";

beforeAll(async () => {
  ({ authVerify, toIdentity } = await import("../src/plugins/auth-verify.js"));
});

beforeEach(() => {
  log = "";
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function buildApp(
  options: AuthVerifyOptions = {},
  prepare: (app: FastifyInstance) => void = () => undefined
): Promise<FastifyInstance> {
  const stream = {
    write: (line: string): void => {
      log += line;
    }
  };
  const app = Fastify({ logger: { level: "debug", stream } });
  prepare(app);
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

/** The line that was logged with this message; empty when there is none. */
function logged(message: string): Record<string, unknown> {
  const lines = log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.find(({ msg }) => msg === message) ?? {};
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

function createToken(
  claims: Record<string, unknown> = {},
  algorithm: keyof typeof HASHES = "HS256",
  secret = SECRET
): string {
  const usual = {
    sub: "user-1",
    email: "user@example.com",
    tenantId: "tenant-1",
    exp: inSeconds(60)
  };
  const input = `${encode({ alg: algorithm, typ: "JWT" })}.${encode({ ...usual, ...claims })}`;
  return `${input}.${createHmac(HASHES[algorithm], secret).update(input).digest("base64url")}`;
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

describe("POST /auth/verify, tokens", () => {
  it("tells who a valid token belongs to", async () => {
    const { status, body, headers } = await verify(
      await buildApp(),
      createToken()
    );

    expect(status).toBe(200);
    expect(body).toEqual({
      valid: true,
      userId: "user-1",
      email: "user@example.com",
      tenantId: "tenant-1"
    });
    expect(headers["cache-control"]).toBe("no-store");
  });

  it("gives numbers as text, and leaves out what the token does not say", async () => {
    const token = createToken({
      sub: 42,
      email: undefined,
      tenantId: undefined
    });
    const { status, body } = await verify(await buildApp(), token);

    expect(status).toBe(200);
    expect(body).toEqual({ valid: true, userId: "42" });
  });

  it("knows the names that claims go by", () => {
    for (const name of ["sub", "userId", "user_id", "id"]) {
      expect(toIdentity({ [name]: "user-1" })).toEqual({ userId: "user-1" });
    }
    for (const name of [
      "tenantId",
      "tenant_id",
      "tenant",
      "orgId",
      "org_id",
      "org"
    ]) {
      expect(toIdentity({ sub: 1, [name]: 2 })).toEqual({
        userId: "1",
        tenantId: "2"
      });
    }
    expect(Object.keys(toIdentity({ sub: 1, email: "" }))).toEqual(["userId"]);
    expect(() => toIdentity({ sub: Number.NaN })).toThrow(/Token is invalid/);
  });

  it("can read a token without its key, and nothing else", () => {
    expect(decodeClaims(`e30.${encode({ a: 1 })}.x`)).toEqual({ a: 1 });
    for (const text of ["", "e30.e30", "e30.e30.x.y", "e30..x", "e30.e3.x"]) {
      expect(() => decodeClaims(text)).toThrow(/Token is malformed/);
    }
    for (const value of [null, "text", 1, true, []]) {
      expect(() => decodeClaims(`e30.${encode(value)}.x`)).toThrow(
        /Token is malformed/
      );
    }
  });

  it("refuses a token without a user", async () => {
    for (const nobody of [undefined, null, "", {}, true]) {
      const { status, body } = await verify(
        await buildApp(),
        createToken({ sub: nobody })
      );
      expect(status).toBe(401);
      expect(body["code"]).toBe("invalid");
    }
  });

  it("refuses refresh and ID tokens, and takes access tokens", async () => {
    const app = await buildApp();
    for (const name of [
      "token_use",
      "token_type",
      "tokenType",
      "type",
      "typ"
    ]) {
      for (const kind of ["refresh", "ID", "refresh_token"]) {
        const { status, body } = await verify(
          app,
          createToken({ [name]: kind })
        );
        expect(status).toBe(401);
        expect(body["code"]).toBe("invalid");
      }
    }
    for (const name of [
      "token_use",
      "token_type",
      "tokenType",
      "type",
      "typ"
    ]) {
      for (const kind of ["access", "Bearer", "identity", 1]) {
        expect((await verify(app, createToken({ [name]: kind }))).status).toBe(
          200
        );
      }
    }
  });

  it("refuses what is no token", async () => {
    const app = await buildApp();
    for (const garbage of [
      "",
      "garbage",
      "a.b",
      "a.b.c",
      "..",
      "e30.e30.",
      '{"alg":"none"}'
    ]) {
      const { status, body } = await verify(app, garbage);
      expect(status).toBe(401);
      expect(body["valid"]).toBe(false);
    }
    const { body } = await verify(app, "garbage");
    expect(body).toEqual({
      valid: false,
      error: "Token is malformed",
      code: "malformed"
    });
  });

  it("takes a token in one spelling only", async () => {
    const app = await buildApp();
    const token = createToken();
    const last = token.at(-1) ?? "";
    const alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twin =
      token.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? "");
    for (const text of [
      twin,
      `${token}=`,
      `${token}==`,
      `${token}\n`,
      ` ${token}`
    ]) {
      expect((await verify(app, text)).status).toBe(401);
    }
  });

  it("refuses a token that was signed by somebody else, or changed", async () => {
    const app = await buildApp();
    const [header = "", , signature = ""] = createToken().split(".");
    const claims = encode({ sub: "admin" });
    for (const token of [
      createToken({}, "HS256", "another-secret-with-32-bytes-or-more"),
      `${header}.${claims}.${signature}`
    ]) {
      const { status, body } = await verify(app, token);
      expect(status).toBe(401);
      expect(body).toEqual({
        valid: false,
        error: "Token is invalid",
        code: "invalid"
      });
    }
  });

  it("accepts one algorithm only", async () => {
    const app = await buildApp();
    const other = await verify(app, createToken({}, OTHER_ALGORITHM));
    expect(other.status).toBe(401);
    expect(other.body["code"]).toBe("invalid");

    const [, claims = ""] = createToken().split(".");
    const unsigned = await verify(
      app,
      `${encode({ alg: "none", typ: "JWT" })}.${claims}.`
    );
    expect(unsigned.status).toBe(401);
    expect(unsigned.body["valid"]).toBe(false);
  });

  it("refuses a token that has expired", async () => {
    const { status, body } = await verify(
      await buildApp(),
      createToken({ exp: inSeconds(-60) })
    );

    expect(status).toBe(401);
    expect(body).toEqual({
      valid: false,
      error: "Token has expired",
      code: "expired"
    });
  });
});

describe("POST /auth/verify, revoked tokens", () => {
  const newStore = (keys = new Set<string>()): BlacklistStore => ({
    add: (key) => Promise.resolve(void keys.add(key)),
    has: (key) => Promise.resolve(keys.has(key))
  });

  it("refuses a token that was revoked, and no other", async () => {
    const app = await buildApp({ blacklistStore: newStore() });
    const [revoked, other] = [
      createToken({ jti: "one" }),
      createToken({ jti: "other" })
    ];
    expect((await verify(app, revoked)).status).toBe(200);
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

  it("revokes the token of a request", async () => {
    const app = await buildApp({ blacklistStore: newStore() });
    app.post("/test-logout", async (request, reply) => {
      await app.tokenBlacklist.revokeRequest(request);
      return reply.code(204).send();
    });
    const token = createToken();
    const headers = { authorization: `Bearer ${token}` };
    const logout = { method: "POST", url: "/test-logout" } as const;

    expect((await app.inject({ ...logout, headers })).statusCode).toBe(204);
    expect((await verify(app, token)).body["code"]).toBe("revoked");
    // Somebody without a token is logged out already.
    expect((await app.inject(logout)).statusCode).toBe(204);
  });

  it("stores nothing for tokens that are not valid", async () => {
    const keys = new Set<string>();
    const app = await buildApp({ blacklistStore: newStore(keys) });
    const forged = createToken(
      { jti: "of somebody else" },
      "HS256",
      "another-secret-with-32-bytes-or-more"
    );
    for (const token of [
      "garbage",
      createToken({ exp: inSeconds(-60) }),
      forged
    ]) {
      await app.tokenBlacklist.revoke(token);
    }
    expect(keys.size).toBe(0);
  });

  it("says 503 when the denylist does not answer", async () => {
    const fail = (): Promise<never> =>
      Promise.reject(new Error("the store is down"));
    const app = await buildApp({ blacklistStore: { add: fail, has: fail } });
    const { status, body } = await verify(app, createToken());

    expect(status).toBe(503);
    expect(body).toEqual({
      valid: false,
      error: "Token status is not available"
    });
    expect(
      (logged("Token denylist does not answer")["err"] as Error).message
    ).toBe("the store is down");
    await expect(
      app.tokenBlacklist.revoke(createToken())
    ).rejects.toMatchObject({
      message: "the store is down"
    });
  });
});

describe("POST /auth/verify, requests", () => {
  it("answers 400 for a body that does not fit", async () => {
    const app = await buildApp();
    for (const token of [undefined, {}, [], "a".repeat(8_193)]) {
      const { status, body } = await verify(app, token);
      expect(status).toBe(400);
      expect(body["valid"]).toBe(false);
    }
    const headers = { "content-type": "application/json" };
    const broken = {
      method: "POST",
      url: "/auth/verify",
      headers,
      payload: "{"
    } as const;
    expect((await app.inject(broken)).statusCode).toBe(400);
  });

  it("takes other keys beside the token", async () => {
    const payload = { token: createToken(), more: "of this" };
    const response = await (
      await buildApp()
    ).inject({ method: "POST", url: "/auth/verify", payload });

    expect(response.statusCode).toBe(200);
  });

  it("answers callers with the service secret only, where there is one", async () => {
    const app = await buildApp({ serviceAuthSecret: "between-services" });
    const token = createToken();
    const none: Record<string, string> = {};
    for (const headers of [
      none,
      { "x-service-secret": "" },
      { "x-service-secret": "guess" }
    ]) {
      const { status, body } = await verify(app, token, headers);
      expect(status).toBe(403);
      expect(body).toEqual({ valid: false, error: "Forbidden" });
    }
    const known = await verify(app, token, {
      "x-service-secret": "between-services"
    });
    expect(known.status).toBe(200);
    expect(log.includes("between-services")).toBe(false);
    expect(log.includes("the caller did not present the service secret")).toBe(
      true
    );
  });

  it("echoes a correlation ID, and makes one where there is none to trust", async () => {
    const app = await buildApp();
    const given = await verify(app, createToken(), {
      "x-correlation-id": "request-1"
    });
    expect(given.headers["x-correlation-id"]).toBe("request-1");
    expect(log.includes('"correlationId":"request-1"')).toBe(true);

    for (const bad of ["", "a b", "a".repeat(129)]) {
      const { headers } = await verify(app, createToken(), {
        "x-correlation-id": bad
      });
      expect(String(headers["x-correlation-id"])).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("logs what it answered, with the correlation ID", async () => {
    const app = await buildApp();
    const headers = { "x-correlation-id": "request-1" };
    await verify(app, createToken(), headers);
    await verify(app, createToken({ exp: inSeconds(-60) }), headers);

    const [verified, refused] = [
      logged("Token verified"),
      logged("Token refused")
    ];
    expect([verified["userId"], verified["correlationId"]]).toEqual([
      "user-1",
      "request-1"
    ]);
    expect([refused["code"], refused["correlationId"]]).toEqual([
      "expired",
      "request-1"
    ]);
  });

  it("tells nothing about what was not foreseen", async () => {
    const problems = {
      429: "Slow down",
      500: "at db:5432",
      503: "pool of db:5432"
    };
    for (const [status, message] of Object.entries(problems)) {
      const app = await buildApp({}, (before) => {
        const problem = Object.assign(new Error(message), {
          statusCode: Number(status)
        });
        before.addHook("preHandler", () => Promise.reject(problem));
      });
      const answer = await verify(app, createToken());
      const isTheirs = status === "429";
      expect(answer.status).toBe(isTheirs ? 429 : 500);
      expect(answer.body).toEqual({
        valid: false,
        error: isTheirs ? message : "Internal server error"
      });
      if (!isTheirs)
        expect(JSON.stringify(logged("Token verification failed"))).toMatch(
          /db:5432/
        );
    }
  });

  it("never logs a token", async () => {
    const app = await buildApp();
    const tokens = [
      createToken(),
      createToken({ exp: 1 }),
      `${createToken()}x`
    ];
    for (const token of tokens) await verify(app, token);

    for (const token of tokens) expect(log.includes(token)).toBe(false);
    expect(log === "").toBe(false);
  });

  it("does not start in production with a secret that can be guessed", async () => {
    const environment = { ...process.env };
    Object.assign(process.env, { NODE_ENV: "production", JWT_SECRET: "short" });
    try {
      await expect(buildApp()).rejects.toMatchObject({
        message: "The JWT secret must have at least 32 bytes"
      });
      process.env["JWT_SECRET"] = "a".repeat(32);
      await buildApp();
      expect(logged("The JWT secret must have at least 32 bytes")).toEqual({});

      Object.assign(process.env, { NODE_ENV: "test", JWT_SECRET: "short" });
      await buildApp();
      expect(
        logged("The JWT secret must have at least 32 bytes")["level"]
      ).toBe(40);
    } finally {
      Reflect.deleteProperty(process.env, "NODE_ENV");
      Object.assign(process.env, environment);
    }
  });
});
