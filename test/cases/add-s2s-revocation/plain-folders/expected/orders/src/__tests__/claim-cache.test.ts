import { createHash } from "node:crypto";

import { ClaimCache, type ClaimCacheOptions } from "../utils/claim-cache";

interface Claims {
    userId: string;
}

let time = 0;
let wallClock = 0;

beforeEach(() => {
    time = 0;
    wallClock = 1_000_000_000_000;
});

function createCache(options: Partial<ClaimCacheOptions> = {}): ClaimCache<Claims> {
    return new ClaimCache<Claims>({ ttlMs: 5_000, clock: () => time, now: () => wallClock, ...options });
}

function tokenWith(payload: unknown): string {
    return `header.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.signature`;
}

const ADA = { userId: "ada" };

describe("claim cache", () => {
    it("knows a token for its time and no longer", () => {
        const cache = createCache();
        expect(cache.get("token")).toBeUndefined();
        expect(cache.set("token", ADA)).toBe(ADA);

        time = 4_999;
        expect(cache.get("token")).toBe(ADA);
        time = 5_000;
        expect(cache.get("token")).toBeUndefined();
    });

    it("never knows a token past its own expiry", () => {
        const cache = createCache();
        const token = tokenWith({ exp: wallClock / 1_000 + 2 });
        cache.set(token, ADA);

        wallClock += 1_999;
        expect(cache.get(token)).toBe(ADA);
        wallClock += 1;
        expect(cache.get(token)).toBeUndefined();
    });

    it("keeps tokens whose expiry it cannot read for the usual time", () => {
        const cache = createCache();
        for (const token of [tokenWith({}), tokenWith({ exp: "soon" }), tokenWith(null), "a.b.c", "opaque"]) {
            cache.set(token, ADA);
            expect(cache.get(token)).toBe(ADA);
        }
    });

    it("remembers a refusal for a second at most", () => {
        const cache = createCache();
        cache.set("bad", null);

        time = 999;
        expect(cache.get("bad")).toBe(null);
        time = 1_000;
        expect(cache.get("bad")).toBeUndefined();
    });

    it("forgets the oldest when it is full, and never a verified token for refused ones", () => {
        const cache = createCache({ maxEntries: 2 });
        cache.set("good", ADA);
        for (const token of ["bad 1", "bad 2", "bad 3"]) cache.set(token, null);
        expect(cache.get("good")).toBe(ADA);
        expect(cache.get("bad 1")).toBeUndefined();
        expect(cache.get("bad 3")).toBe(null);

        for (const token of ["good 2", "good 3"]) cache.set(token, ADA);
        expect(cache.get("good")).toBeUndefined();
        expect(cache.get("good 3")).toBe(ADA);
    });

    it("refuses numbers that make no sense", () => {
        for (const ttlMs of [0, -1, Number.NaN, Infinity]) {
            expect(() => createCache({ ttlMs })).toThrow(RangeError);
        }
        expect(() => createCache({ maxEntries: 0 })).toThrow(RangeError);
    });
});

describe("claim cache, revocations", () => {
    const named = tokenWith({ jti: "token-1", exp: 2_000_000_000 });
    const unnamed = tokenWith({ sub: "ada" });
    const keyOf = (token: string): string => `sha256:${createHash("sha256").update(token).digest("hex")}`;

    it("forgets a token by its jti, or else by its hash, and no other", () => {
        for (const [token, key] of [
            [named, "jti:token-1"],
            [unnamed, keyOf(unnamed)],
            ["opaque", keyOf("opaque")],
        ] as const) {
            const cache = createCache();
            cache.set(token, ADA);
            cache.set("other", ADA);
            cache.revoke("jti:token-2");
            expect(cache.get(token)).toBe(ADA);

            cache.revoke(key);
            expect(cache.get(token)).toBeUndefined();
            expect(cache.get("other")).toBe(ADA);
        }
    });

    it("does not trust an answer that was asked for before the revocation", () => {
        const cache = createCache();
        cache.revoke("jti:token-1");

        expect(cache.set(named, ADA)).toBe(null);
        expect(cache.get(named)).toBe(null);
        time = 299_999;
        expect(cache.set(named, ADA)).toBe(null);
        time = 300_000;
        expect(cache.set(named, ADA)).toBe(ADA);
    });

    it("forgets everything when it may have missed one", () => {
        const cache = createCache();
        cache.set(named, ADA);
        cache.set("bad", null);
        cache.clear();

        expect(cache.get(named)).toBeUndefined();
        expect(cache.get("bad")).toBe(null);
    });

    it("keeps a bounded number of revocations in mind", () => {
        const cache = createCache();
        cache.revoke("jti:token-1");
        for (let count = 0; count < 10_000; count += 1) cache.revoke(`jti:${String(count)}`);

        expect(cache.set(named, ADA)).toBe(ADA);
        expect(cache.set(tokenWith({ jti: "0" }), ADA)).toBe(null);
    });
});
