import { setTimeout as sleep } from 'node:timers/promises';

import type { ServiceClientLogger } from '../add-service-client/service-client.ts';
import { checkEndpoints, type Endpoint, type EndpointSource } from './endpoint-source.ts';

/** Milliseconds to wait after a lookup that failed: doubled each time, within these. */
const RETRY_MS = { first: 500, most: 30_000 };
/** However long an answer claims to hold: a wrong one must not stay for weeks. */
const MAX_REFRESH_MS = 300_000;

/**
 * Looks for endpoints again and again, as often as their source says. What was found last stays when a lookup fails or
 * finds nothing: an endpoint that is really gone is left out by its own circuit.
 */
export class EndpointWatch {
  /** The first lookup has ended, well or not. */
  readonly settled: Promise<void>;

  readonly #source: EndpointSource;
  readonly #onEndpoints: (endpoints: ReadonlyMap<string, Endpoint>) => void;
  readonly #logger: ServiceClientLogger | undefined;
  readonly #closing = new AbortController();
  #failure: unknown;
  /** Of the last answer, so that each mistake is told of once. */
  #unusable = 0;

  constructor(
    source: EndpointSource,
    onEndpoints: (endpoints: ReadonlyMap<string, Endpoint>) => void,
    logger: ServiceClientLogger | undefined,
  ) {
    this.#source = source;
    this.#onEndpoints = onEndpoints;
    this.#logger = logger;
    this.settled = new Promise((resolve, reject) => {
      this.#run(resolve).catch(reject);
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
    for (let failures = 0; !signal.aborted;) {
      const refreshMs = await this.#look(signal);
      settle();
      failures = refreshMs === undefined ? failures + 1 : 0;
      if (refreshMs === Number.POSITIVE_INFINITY) return;
      const waitMs = Math.min(refreshMs ?? delayAfter(failures), MAX_REFRESH_MS);
      // Closed meanwhile: the loop ends.
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Milliseconds until the next lookup; undefined when this one failed. */
  async #look(signal: AbortSignal): Promise<number | undefined> {
    try {
      const lookup = await this.#source.lookup(signal);
      if (signal.aborted) return undefined;
      // All of it is checked before any of it is used.
      const { endpoints, unusable } = checkEndpoints(lookup);
      this.#warn(unusable);
      if (endpoints.size === 0) throw new Error(`${this.#source.name} has no endpoints`);
      this.#onEndpoints(endpoints);
      this.#failure = undefined;
      // What is no number would be no wait at all.
      return lookup.refreshMs >= 0 ? lookup.refreshMs : RETRY_MS.first;
    } catch (error) {
      this.#failure = error;
      if (!signal.aborted) {
        const { name } = this.#source;
        this.#logger?.warn({ service: name, err: error }, 'Lookup of endpoints failed: the last ones stay');
      }
      return undefined;
    }
  }

  #warn(unusable: number): void {
    if (unusable > 0 && unusable !== this.#unusable) {
      const details = { service: this.#source.name, unusable };
      this.#logger?.warn(details, 'Some endpoints cannot be used: they are left out');
    }
    this.#unusable = unusable;
  }
}

/** At least half of it, so that many instances that failed together do not ask together again. */
function delayAfter(failures: number): number {
  const bound = Math.min(RETRY_MS.first * 2 ** (failures - 1), RETRY_MS.most);
  return (bound * (1 + Math.random())) / 2;
}
