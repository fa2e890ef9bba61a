import type { BalancedClient, DiscoveryModules } from './discovery-modules.ts';

/** A call that was rejected: what it was, and why. */
interface Lost {
  readonly call: string;
  readonly kind: string;
  readonly status: number | undefined;
  /** Of what caused it, for `network`. */
  readonly code: string | undefined;
}

const calls: Readonly<Record<string, (client: BalancedClient) => Promise<unknown>>> = {
  get: (client) => client.get('/items'),
  'post with key': (client) => client.post('/items', {}, { idempotencyKey: 'key-1' }),
  post: (client) => client.post('/items', {}),
};

/** Lanes that call without a pause, by every kind of call in turn, until they are stopped. */
export class Load {
  done = 0;
  readonly lost: Lost[] = [];
  readonly #client: BalancedClient;
  readonly #lanes: Promise<unknown>;
  #running = true;

  constructor(client: BalancedClient, { ServiceClientError }: DiscoveryModules, lanes: number) {
    this.#client = client;
    const lane = async (): Promise<void> => {
      while (this.#running) {
        for (const [call, send] of Object.entries(calls)) {
          await send(this.#client).catch((error: unknown) => {
            if (!(error instanceof ServiceClientError)) throw error;
            const { code } = (error.cause ?? {}) as { code?: string };
            this.lost.push({ call, kind: error.kind, status: error.status, code });
          });
          this.done += 1;
        }
      }
    };
    this.#lanes = Promise.all(Array.from({ length: lanes }, lane));
  }

  /** Resolves when so many calls more have ended. */
  async pass(count: number): Promise<void> {
    const goal = this.done + count;
    while (this.done < goal) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#lanes;
  }

  /** Those that another endpoint could have served: repeatable ones, and others that were never sent. */
  get unduly(): readonly Lost[] {
    const broken = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];
    const wasSent = ({ code = '', kind, status = 0 }: Lost): boolean =>
      kind === 'invalid_response' || kind === 'timeout' || status >= 500 || broken.includes(code);
    return this.lost.filter((one) => one.call !== 'post' || !wasSent(one));
  }
}
