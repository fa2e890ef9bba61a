import type { CircuitBreakerOptions } from '../../templates/add-circuit-breaker/circuit-breaker.ts';
import { growingOpenTime } from '../../templates/add-circuit-breaker/open-time.ts';
import { failureRate } from '../../templates/add-circuit-breaker/outcome-window.ts';

/** One way to set the breaker up, by the name that the page has for it. */
export interface Setting {
  readonly name: string;
  readonly circuitBreakerOptions: CircuitBreakerOptions;
}

/** A service that is sick for a while. Times are milliseconds from the start. */
export interface Scenario {
  readonly name: 'hang' | 'errors';
  /** Share of the requests that go wrong while it is sick. */
  readonly sickShare: number;
  readonly sickFromMs: number;
  readonly sickToMs: number;
  readonly endMs: number;
  readonly settings: readonly Setting[];
}

/** Of a whole call; a tenth of the client's default, so that an outage fits into seconds. */
export const DEADLINE_MS = 1_000;
export const CALLS_PER_SECOND = 40;

const never: Setting = { name: 'no breaker', circuitBreakerOptions: { isFailure: () => false } };
const rate = { failureRateThreshold: 0.5, minimumCalls: 20 };

export const scenarios: readonly Scenario[] = [
  {
    name: 'hang',
    sickShare: 1,
    sickFromMs: 2_000,
    sickToMs: 12_000,
    endMs: 20_000,
    settings: [
      never,
      { name: '3 failures, 1 s open', circuitBreakerOptions: { failureThreshold: 3, timeout: 1_000 } },
      { name: '3 failures, 4 s open', circuitBreakerOptions: { failureThreshold: 3, timeout: 4_000 } },
      { name: '20 failures, 1 s open', circuitBreakerOptions: { failureThreshold: 20, timeout: 1_000 } },
      {
        name: '3 failures, backoff 0.5 s to 4 s',
        circuitBreakerOptions: {
          failureThreshold: 3,
          timeout: 500,
          openTime: growingOpenTime({ factor: 2, maxMs: 4_000, jitter: 0.2 }),
        },
      },
    ],
  },
  {
    name: 'errors',
    sickShare: 0.6,
    sickFromMs: 2_000,
    sickToMs: 12_000,
    endMs: 20_000,
    settings: [
      never,
      { name: '5 failures, 1 s open', circuitBreakerOptions: { failureThreshold: 5, timeout: 1_000 } },
      { name: '10 failures, 1 s open', circuitBreakerOptions: { failureThreshold: 10, timeout: 1_000 } },
      {
        name: 'half of 40 calls, 1 s open',
        circuitBreakerOptions: {
          tripPolicy: failureRate({ type: 'count', size: 40, ...rate }),
          timeout: 1_000,
        },
      },
      {
        name: 'half of 2 s, 1 s open',
        circuitBreakerOptions: {
          tripPolicy: failureRate({ type: 'time', durationMs: 2_000, ...rate }),
          timeout: 1_000,
        },
      },
    ],
  },
];
