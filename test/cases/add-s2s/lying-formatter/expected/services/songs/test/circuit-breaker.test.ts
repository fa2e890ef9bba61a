import { describe, expect, it } from "vitest";

import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitStats
} from "../src/utils/circuit-breaker.js";

/** Milliseconds of the breakers' clock. */
let now = 0;
const boom = new Error("boom");
const succeed = (): Promise<string> => Promise.resolve("ok");
const fail = (): Promise<never> => Promise.reject(boom);
const throwBoom = (): never => {
  throw boom;
};

function createBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  const defaults = {
    name: "test",
    failureThreshold: 3,
    timeout: 1_000,
    clock: () => now
  };
  return new CircuitBreaker({ ...defaults, ...options });
}

/**
 * Runs steps: a number lets so many milliseconds pass, `s` and `f` are calls that succeed and fail, `p` takes a permit,
 * `S`, `F` and `C` settle the oldest permit (success, failure, cancelled), `r` resets and `i` isolates.
 */
async function run(
  breaker: CircuitBreaker,
  steps: string
): Promise<CircuitBreaker> {
  const permits: number[] = [];
  for (const step of steps.match(/\d+|[a-z]/gi) ?? []) {
    if (step === "s") await breaker.execute(succeed).catch(() => 0);
    else if (step === "f") await breaker.execute(fail).catch(() => 0);
    else if (step === "p") permits.push(breaker.tryAcquire());
    else if (step === "S") breaker.success(permits.shift() ?? 0);
    else if (step === "F") breaker.failure(permits.shift() ?? 0, boom);
    else if (step === "C") breaker.release(permits.shift() ?? 0);
    else if (step === "r") breaker.reset();
    else if (step === "i") breaker.isolate();
    else now += Number(step);
  }
  return breaker;
}

type Row = readonly [
  string,
  CircuitBreakerOptions,
  string,
  Partial<CircuitStats>
];

const closed = { state: "CLOSED" } as const;
const open = { state: "OPEN" } as const;
const halfOpen = { state: "HALF_OPEN" } as const;
const period = { monitoringPeriod: 500 };
const probe = { probeTimeout: 200 };
const slow = { probeTimeout: 5_000 };

const suites: Readonly<Record<string, readonly Row[]>> = {
  CLOSED: [
    ["stays so below the failure threshold", {}, "ff", closed],
    ["opens at the failure threshold", {}, "fff", open],
    [
      "counts failures in a row",
      {},
      "ffsff",
      { ...closed, consecutiveFailures: 2 }
    ],
    [
      "forgets failures after the monitoring period",
      period,
      "ff 500 ff",
      closed
    ],
    ["counts failures within that period", period, "ff 499 f", open],
    [
      "does not count what is no failure",
      { isFailure: () => false },
      "fffff",
      closed
    ],
    ["does not count errors of weight 0", { weigh: () => 0 }, "fffff", closed],
    ["counts by weight", { weigh: () => 3 }, "f", open],
    ["counts a negative weight as 1", { weigh: () => -5 }, "fff", open],
    ["counts what cannot be classified", { isFailure: throwBoom }, "fff", open]
  ],
  OPEN: [
    [
      "rejects until the timeout",
      {},
      "fff 999 s",
      { ...open, rejections: 1, totalCalls: 3 }
    ],
    [
      "ends at the timeout",
      {},
      "fff 1000",
      { ...halfOpen, nextAttemptAt: undefined }
    ],
    [
      "ignores the results of earlier calls",
      {},
      "pp fff SF",
      { successes: 0, failures: 3 }
    ],
    [
      "does not end while isolated",
      {},
      "i 1000000 s",
      { ...open, nextAttemptAt: undefined }
    ]
  ],
  HALF_OPEN: [
    ["stays so below the success threshold", {}, "fff 1000 s", halfOpen],
    [
      "closes at the success threshold",
      {},
      "fff 1000 ss",
      { ...closed, openedAt: undefined }
    ],
    [
      "reopens at the first failure",
      {},
      "fff 1000 sf",
      { ...open, consecutiveSuccesses: 0 }
    ],
    ["counts successes anew after that", {}, "fff 1000 sf 1000 s", halfOpen],
    [
      "lets one probe through at a time",
      {},
      "fff 1000 pp",
      { totalCalls: 4, rejections: 1 }
    ],
    [
      "lets through as many as it may",
      { halfOpenMaxCalls: 2 },
      "fff 1000 ppp",
      { rejections: 1 }
    ],
    [
      "frees the place of a cancelled probe",
      {},
      "fff 1000 pCp",
      { ...halfOpen, rejections: 0 }
    ],
    [
      "counts a probe that hangs as failed",
      probe,
      "fff 1000 p 200",
      { ...open, failures: 4 }
    ],
    [
      "ignores its late result",
      probe,
      "fff 1000 p 200 S",
      { ...open, successes: 0 }
    ],
    [
      "probes again after that",
      probe,
      "fff 1000 p 1200 p",
      { ...halfOpen, totalCalls: 5 }
    ],
    [
      "waits for the probes of before a reset",
      slow,
      "fff 1000 pr fff 4999 p",
      { rejections: 1 }
    ],
    [
      "does not wait for lost ones",
      slow,
      "fff 1000 pr fff 5000 p",
      { rejections: 0 }
    ]
  ],
  statistics: [
    [
      "count calls and results",
      {},
      "sfsf",
      { totalCalls: 4, successes: 2, failures: 2 }
    ],
    [
      "count results in a row",
      {},
      "sffss",
      { consecutiveFailures: 0, consecutiveSuccesses: 2 }
    ],
    [
      "end a run with its period",
      period,
      "ff 500",
      { consecutiveFailures: 0, failures: 2 }
    ],
    [
      "end it also when isolated",
      period,
      "ff 500 i",
      { consecutiveFailures: 0 }
    ]
  ],
  reset: [
    [
      "closes",
      {},
      "fff r",
      { ...closed, openedAt: undefined, lastFailureTime: undefined }
    ],
    [
      "counts calls and rejections anew",
      {},
      "sffff r",
      { totalCalls: 0, rejections: 0 }
    ],
    [
      "counts results anew",
      {},
      "sfff r",
      { successes: 0, failures: 0, consecutiveFailures: 0 }
    ],
    [
      "ignores the results of earlier calls",
      {},
      "pp r SF",
      { successes: 0, failures: 0 }
    ],
    ["ends an isolation", {}, "i i r s", { ...closed, successes: 1 }]
  ]
};

for (const [suite, rows] of Object.entries(suites)) {
  describe(`circuit breaker, ${suite}`, () => {
    for (const [title, options, steps, expected] of rows) {
      it(title, async () => {
        const breaker = await run(createBreaker(options), steps);
        const stats = breaker.getStats();
        expect({ ...stats, ...expected }).toEqual(stats);
        expect(breaker.getState()).toBe(stats.state);
      });
    }
  });
}

describe("circuit breaker, calls", () => {
  it("passes on what a function resolves to, rejects with or throws", async () => {
    const breaker = new CircuitBreaker();
    expect([await breaker.execute(succeed), breaker.retryAfterMs()]).toEqual([
      "ok",
      0
    ]);
    await expect(breaker.execute(fail)).rejects.toMatchObject({
      message: "boom"
    });
    await expect(breaker.execute(throwBoom)).rejects.toMatchObject({
      message: "boom"
    });
    expect(breaker.getStats().failures).toBe(2);
  });

  it("rejects with an error that says when to come back", async () => {
    const breaker = await run(createBreaker(), "fff 400");
    const expected = {
      code: "CIRCUIT_OPEN",
      message: 'Circuit "test" is open',
      retryAfterMs: 600
    };
    await expect(breaker.execute(succeed)).rejects.toMatchObject(expected);
  });

  it("says how long to wait, and counts that as a rejection", async () => {
    const breaker = createBreaker();
    const waits: number[] = [];
    for (const steps of ["", "fff", "400", "600", "p", "i"]) {
      waits.push((await run(breaker, steps)).refuseForMs());
    }
    expect(waits).toEqual([0, 1_000, 600, 0, 1_000, Number.POSITIVE_INFINITY]);
    expect(breaker.getStats().rejections).toBe(4);
  });

  it("stays OPEN as long as the last error asks for", () => {
    const errors = [
      { retryAfterMs: 5_000 },
      { retryAfterMs: "9" },
      "why",
      null
    ];
    const waits = errors.map((error) => {
      const breaker = createBreaker({ failureThreshold: 1 });
      breaker.failure(breaker.tryAcquire(), error);
      return breaker.retryAfterMs();
    });
    expect(waits).toEqual([5_000, 1_000, 1_000, 1_000]);
  });

  it("asks its policies when to open and for how long, and reports each change", async () => {
    const told: unknown[] = [];
    const breaker = createBreaker({
      successThreshold: 1,
      openTime: (timeoutMs, reopenings) => timeoutMs + 100 * reopenings,
      tripPolicy: () => ({
        needsDuration: true,
        onSuccess: (durationMs) => told.push(durationMs) > 3,
        onFailure: (runWeight, durationMs) =>
          told.push([runWeight, durationMs]) > 3,
        reset: () => told.push("reset")
      }),
      onStateChange: ({ to }) => {
        told.push(`${to} ${String(breaker.retryAfterMs())}`);
        throw new Error("No observer breaks it");
      }
    });
    await run(breaker, "sffs 1000 f 1100 s");
    const changes = [
      "OPEN 1000",
      "HALF_OPEN 0",
      "OPEN 1100",
      "HALF_OPEN 0",
      "reset",
      "CLOSED 0"
    ];
    expect(told).toEqual([0, [1, 0], [2, 0], 0, ...changes]);
  });

  it("refuses counts that are no positive integers, and times that are not finite and above 0", () => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const name of [
        "failureThreshold",
        "successThreshold",
        "halfOpenMaxCalls"
      ])
        expect(() => createBreaker({ [name]: value })).toThrow(
          /must be a positive integer, got/
        );
      for (const name of ["timeout", "monitoringPeriod", "probeTimeout"])
        expect(() => createBreaker({ [name]: value })).toThrow(
          /must be finite and above 0/
        );
    }
  });
});
