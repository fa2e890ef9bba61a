import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { ensureCommand } from '../helpers/ensure-command.ts';
import { findFreePort } from '../helpers/free-port.ts';

/** A service record: `target` is a host among the addresses. */
interface ServiceRecord {
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What the zone holds, by name. */
export interface Zone {
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  readonly services?: Readonly<Record<string, readonly ServiceRecord[]>>;
}

/** A dnsmasq of our own on loopback, on a high port; its zone changes while it is asked. */
export class DnsServer {
  /** Epoch milliseconds of each question for addresses, by name. */
  readonly questions: { readonly name: string; readonly at: number }[] = [];
  readonly #command: string;
  readonly #port: number;
  readonly #ttlSeconds: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 's2s-dns-'));
  #process: ChildProcess | undefined;

  private constructor(command: string, port: number, ttlSeconds: number) {
    this.#command = command;
    this.#port = port;
    this.#ttlSeconds = ttlSeconds;
  }

  static async start(zone: Zone, ttlSeconds = 1): Promise<DnsServer> {
    const server = new DnsServer(await ensureCommand('dnsmasq'), await findFreePort(), ttlSeconds);
    await server.restart(zone);
    return server;
  }

  /** Asks this server and nobody else. */
  resolver(): Resolver {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.0.0.1:${String(this.#port)}`]);
    return resolver;
  }

  /** Changes addresses while it runs: it reads them again. */
  setAddresses(addresses: NonNullable<Zone['addresses']>): void {
    const lines = Object.entries(addresses).flatMap(([name, list]) => list.map((one) => `${one} ${name}`));
    writeFileSync(join(this.#folder, 'hosts'), `${lines.join('\n')}\n`);
    this.#process?.kill('SIGHUP');
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Service records are read when it starts. */
  async restart({ addresses = {}, services = {} }: Zone): Promise<void> {
    await this.stop();
    this.setAddresses(addresses);
    const records = Object.entries(services).flatMap(([name, list]) =>
      list.map(({ target, port, priority, weight }) => {
        return `--srv-host=${name},${target},${String(port)},${String(priority)},${String(weight)}`;
      }),
    );
    const child = spawn(
      this.#command,
      [
        ...['--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--log-queries'],
        ...['--listen-address=127.0.0.1', '--bind-interfaces', `--port=${String(this.#port)}`],
        // It would take another user, who cannot read our folder.
        `--user=${userInfo().username}`,
        ...['--local=/test/', `--local-ttl=${String(this.#ttlSeconds)}`],
        `--addn-hosts=${join(this.#folder, 'hosts')}`,
        ...records,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process = child;
    process.once('exit', () => child.kill('SIGKILL'));
    createInterface(child.stderr).on('line', (line) => {
      const name = /query\[A\] (\S+)/.exec(line)?.[1];
      if (name !== undefined) this.questions.push({ name, at: Date.now() });
    });
    await this.#answers(child);
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(child: ChildProcess): Promise<void> {
    for (let tries = 0; tries < 50; tries += 1) {
      // No such name is an answer too.
      const code = await this.resolver()
        .resolve4('ready.test')
        .catch((error: unknown) => (error as NodeJS.ErrnoException).code);
      if (code === 'ENOTFOUND' || code === 'ENODATA') return;
      if (child.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error('dnsmasq does not answer');
  }
}
