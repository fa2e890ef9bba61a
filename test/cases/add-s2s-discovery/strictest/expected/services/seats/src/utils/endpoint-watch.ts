import { setTimeout as sleep } from 'node:timers/promises';

import type { ServiceClientLogger } from './service-client.ts';
import type { Endpoint, EndpointSource } from './endpoint-source.ts';

/** Milliseconds to wait after a lookup that failed: doubled each time, within these. */
const RETRY_MS = { first: 500, most: 30_000 };
/** Node's timers fire at once when they are given more. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Looks for endpoints again and again, as often as their source says. What was found last stays when a lookup fails or
 * finds nothing: an endpoint that is really gone is left out by its own circuit.
 */
export class EndpointWatch {
  /** The first lookup has ended, well or not. */
  readonly settled: Promise<void>;

  readonly #source: EndpointSource;
  readonly #onEndpoints: (endpoints: readonly Endpoint[]) => void;
  readonly #logger: ServiceClientLogger | undefined;
  readonly #closing = new AbortController();
  #failure: unknown;

  constructor(
    source: EndpointSource,
    onEndpoints: (endpoints: readonly Endpoint[]) => void,
    logger: ServiceClientLogger | undefined,
  ) {
    this.#source = source;
    this.#onEndpoints = onEndpoints;
    this.#logger = logger;
    this.settled = new Promise((resolve) => {
      void this.#run(resolve);
    });
  }

  /** Why the last lookup failed; undefined when it did not. */
  get failure(): unknown {
    return this.#failure;
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(settle: () => void): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; ) {
      const refreshMs = await this.#look(signal);
      settle();
      failures = refreshMs === undefined ? failures + 1 : 0;
      if (refreshMs === Number.POSITIVE_INFINITY) return;
      const waitMs = Math.min(refreshMs ?? delayAfter(failures), MAX_TIMER_MS);
      // Closed meanwhile: the loop ends.
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Milliseconds until the next lookup; undefined when this one failed. */
  async #look(signal: AbortSignal): Promise<number | undefined> {
    try {
      const { endpoints, refreshMs } = await this.#source.lookup(signal);
      if (signal.aborted) return undefined;
      if (endpoints.length === 0) throw new Error(`${this.#source.name} has no endpoints`);
      this.#onEndpoints(endpoints);
      this.#failure = undefined;
      return refreshMs;
    } catch (error) {
      this.#failure = error;
      if (!signal.aborted) {
        const { name } = this.#source;
        this.#logger?.warn({ service: name, err: error }, 'Lookup of endpoints failed: the last ones stay');
      }
      return undefined;
    }
  }
}

/** At least half of it, so that many instances that failed together do not ask together again. */
function delayAfter(failures: number): number {
  const bound = Math.min(RETRY_MS.first * 2 ** (failures - 1), RETRY_MS.most);
  return (bound * (1 + Math.random())) / 2;
}
