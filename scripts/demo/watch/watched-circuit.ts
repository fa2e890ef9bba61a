import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '../service-process.ts';
import { CIRCUIT_LOG_MESSAGE } from '../tuning.ts';
import type { WatchServer } from './watch-server.ts';

/** Milliseconds from one call to the next: 16 a second. */
const PAUSE_MS = 62;
const LIMIT_MS = 15_000;

/** A service whose circuit is watched: it is called all the time, whatever it answers. */
export class WatchedCircuit {
  readonly name: string;
  /** Every state that its log has told, the first one before. */
  readonly states: string[] = ['CLOSED'];
  readonly #process: ServiceProcess;
  readonly #url: string;
  readonly #token: string;
  readonly #watch: WatchServer;
  readonly #calls = new Set<Promise<void>>();
  #linesRead = 0;
  #running = true;

  constructor(name: string, process: ServiceProcess, url: string, token: string, watch: WatchServer) {
    this.name = name;
    this.#process = process;
    this.#url = url;
    this.#token = token;
    this.#watch = watch;
    void this.#run();
  }

  get state(): string {
    return this.states.at(-1) ?? '';
  }

  /** Waits for the calls that are under way. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#calls);
    this.#readLog();
  }

  /** A new call does not wait for those before: users do not either. */
  async #run(): Promise<void> {
    while (this.#running) {
      const call = this.#call().finally(() => this.#calls.delete(call));
      this.#calls.add(call);
      await sleep(PAUSE_MS);
      this.#readLog();
    }
  }

  async #call(): Promise<void> {
    const startedAt = performance.now();
    const response = await fetch(this.#url, {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    await response.arrayBuffer();
    const ms = performance.now() - startedAt;
    this.#watch.tell({ type: 'reply', at: Date.now(), circuit: this.name, ms, status: response.status });
  }

  #readLog(): void {
    const { log } = this.#process;
    for (const line of log.slice(this.#linesRead)) {
      if (line.message !== CIRCUIT_LOG_MESSAGE) continue;
      const [from, to] = [String(line.fields['from']), String(line.fields['to'])];
      this.states.push(to);
      this.#watch.tell({ type: 'state', at: line.time, circuit: this.name, from, to });
    }
    this.#linesRead = log.length;
  }
}
