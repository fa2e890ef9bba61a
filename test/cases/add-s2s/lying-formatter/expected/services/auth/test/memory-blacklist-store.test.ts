import { describe, expect, it } from "vitest";

import { createMemoryStore } from "../src/utils/memory-blacklist-store.js";

describe("memory store of the denylist", () => {
  it("evicts nothing before its time, and makes room when an entry has expired", async () => {
    const store = createMemoryStore(2);
    await store.add("gone", 0);
    for (const key of ["one", "two", "two"]) await store.add(key, 60);
    const message = "The token denylist is full (2 entries)";
    await expect(store.add("three", 60)).rejects.toMatchObject({ message });
    const known = ["gone", "one", "two", "three"].map((key) => store.has(key));
    expect(await Promise.all(known)).toEqual([false, true, true, false]);
  });
});
