import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ensureCommand } from './ensure-command.ts';
import { findFreePort } from './free-port.ts';

const START_LIMIT_MS = 15_000;

/** One series of an instant vector. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly type: 'recording' | 'alerting';
  /** Of an alert: `inactive`, `pending` or `firing`. */
  readonly state?: string;
}

/** A Prometheus of our own, which scrapes twice a second. */
export interface PrometheusServer {
  query(expression: string): Promise<readonly Sample[]>;
  rules(): Promise<readonly Rule[]>;
  stop(): Promise<void>;
}

/** Starts the one of the PATH, or of the Debian package; `targets` are `host:port`, by job, and all are scraped. @throws Error */
export async function startPrometheus(
  targets: Readonly<Record<string, string>>,
  rulesFile: string,
): Promise<PrometheusServer> {
  const server = await ensureCommand('prometheus');
  const folder = mkdtempSync(join(tmpdir(), 's2s-prometheus-'));
  const config = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [rulesFile],
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${String(await findFreePort())}`;
  const flags = {
    'config.file': join(folder, 'prometheus.yml'),
    'storage.tsdb.path': join(folder, 'data'),
    'web.listen-address': address,
    'log.level': 'error',
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(server, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(5_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`Prometheus answered ${String(response.status)}: ${text}`);
    return (JSON.parse(text) as { readonly data: unknown }).data;
  };
  const query = async (expression: string): Promise<readonly Sample[]> => {
    const found = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { result } = found as {
      readonly result: readonly { metric: Sample['metric']; value: [number, string] }[];
    };
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  };
  await waitUntil(async () => {
    const up = await query('up == 1');
    if (up.length < Object.keys(targets).length) throw new Error('not every target answers');
  });
  return {
    query,
    rules: async () => {
      const { groups } = (await get('/api/v1/rules')) as {
        readonly groups: readonly { rules: readonly Rule[] }[];
      };
      return groups.flatMap(({ rules }) => rules);
    },
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function waitUntil(works: () => Promise<unknown>): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS;
  for (;;) {
    const failure = await works().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) return;
    if (Date.now() > giveUpAt) throw new Error('Prometheus did not start', { cause: failure });
    await sleep(100);
  }
}
