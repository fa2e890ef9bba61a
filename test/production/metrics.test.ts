import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type BootedService, bootService } from '../helpers/boot-service.ts';
import { ensureCommand } from '../helpers/ensure-command.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { GeneratedRepo } from '../helpers/generated-repo.ts';
import { type PrometheusServer, startPrometheus } from '../helpers/prometheus-server.ts';
import { type PanelReading, panelTable, readPanels } from './panel-table.ts';
import { documented } from './document.ts';
import { ruleTests } from './rule-tests.ts';

const rulesFile = 'monitoring/prometheus-rules.yml';
const phases = ['before', 'in the outage', 'after'] as const;

const boot = (name: string, env: Readonly<Record<string, string>>): Promise<BootedService> =>
  bootService(repo.root, { dir: `services/${name}`, entry: 'src/server.ts' }, env);
const repo = new GeneratedRepo('metrics-production');
const readings = new Map<(typeof phases)[number], readonly PanelReading[]>();
const firing = new Map<(typeof phases)[number], readonly string[]>();
const running: BootedService[] = [];
let prometheus: PrometheusServer | undefined;

/** The team's own tuning, so that the test need not wait for half a minute. */
async function generate(): Promise<void> {
  await repo.run('add-s2s --target user --protect all --public /health --blacklist memory --cache-ttl 1000');
  const tuned = "{ circuitBreakerOptions: { name: 'auth-service', timeout: 1_000 }, publicRoutes:";
  repo.edit('services/user-service/src/app.ts', (text) => text.replace('{ publicRoutes:', tuned));
  await repo.run('add-s2s-metrics --target user --allow-dirty');
}

/** Asks as users do: with good tokens old and new, with bad ones and with none. */
async function drive(userOrigin: string, authOrigin: string, durationMs: number): Promise<void> {
  const end = Date.now() + durationMs;
  let token = '';
  while (Date.now() < end) {
    token = (await login(authOrigin)) ?? token;
    for (const sent of [token, token, 'a.bad.token', undefined]) {
      const headers = sent === undefined ? {} : { authorization: `Bearer ${sent}` };
      await fetch(`${userOrigin}/users`, { headers, signal: AbortSignal.timeout(5_000) });
      await sleep(20);
    }
  }
}

async function login(authOrigin: string): Promise<string | undefined> {
  const answer = await fetch(`${authOrigin}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@acme.test', password: 'correct horse battery staple' }),
  }).catch(() => undefined);
  return answer === undefined ? undefined : ((await answer.json()) as { token: string }).token;
}

async function look(phase: (typeof phases)[number]): Promise<void> {
  if (prometheus === undefined) throw new Error('no Prometheus');
  readings.set(phase, await readPanels(repo.read('monitoring/grafana-dashboard.json'), prometheus));
  const rules = await prometheus.rules();
  firing.set(
    phase,
    rules.filter(({ state }) => state === 'firing').map(({ name }) => name),
  );
}

beforeAll(async () => {
  await generate();
  const JWT_SECRET = 'a-secret-for-tests-of-at-least-32-characters';
  const authEnv = { JWT_SECRET, PORT: String(await findFreePort()) };
  const authOrigin = `http://127.0.0.1:${authEnv.PORT}`;
  let authService = await boot('auth-service', authEnv);
  const userService = await boot('user-service', { AUTH_SERVICE_URL: authOrigin });
  running.push(userService);
  const target = new URL(userService.origin).host;
  prometheus = await startPrometheus({ 'user-service': target }, join(repo.root, rulesFile));

  await drive(userService.origin, authOrigin, 5_000);
  await look('before');
  await authService.stop();
  await drive(userService.origin, authOrigin, 5_000);
  await look('in the outage');
  authService = await boot('auth-service', authEnv);
  running.push(authService);
  await drive(userService.origin, authOrigin, 5_000);
  await look('after');
});

afterAll(async () => {
  await prometheus?.stop();
  for (const service of running) await service.stop();
  repo.close();
});

describe('the dashboard', () => {
  it('has data from Prometheus in every query of every panel', () => {
    const outage = readings.get('in the outage') ?? [];
    expect(outage.length).toBeGreaterThan(8);
    for (const phase of phases) {
      const empty = (readings.get(phase) ?? []).filter(({ samples }) => samples.length === 0);
      expect(empty.map(({ title, expression }) => `${phase}: ${title}: ${expression}`)).toEqual([]);
    }
  });

  it('shows the outage', () => {
    const sum = (
      phase: (typeof phases)[number],
      title: string,
      labels: Record<string, string> = {},
    ): number =>
      (readings.get(phase) ?? [])
        .filter((reading) => reading.title === title)
        .flatMap(({ samples }) => samples)
        .filter(({ metric }) => Object.entries(labels).every(([name, value]) => metric[name] === value))
        .reduce((total, { value }) => total + value, 0);
    for (const quiet of ['before', 'after'] as const) {
      expect(sum(quiet, 'Circuits that are not closed')).toBe(0);
      expect(sum(quiet, 'Token verifications', { result: 'valid' })).toBeGreaterThan(0);
    }
    expect(sum('before', 'Share of calls that failed')).toBe(0);
    expect(sum('in the outage', 'Circuits that are not closed')).toBe(1);
    expect(sum('in the outage', 'Share of calls that failed')).toBeGreaterThan(0.5);
    expect(sum('in the outage', 'Calls by result', { result: 'network' })).toBeGreaterThan(0);
    expect(sum('in the outage', 'Calls by result', { result: 'circuit_open' })).toBeGreaterThan(0);
    expect(sum('in the outage', 'Retries')).toBeGreaterThan(0);
    expect(sum('in the outage', 'Changes of circuits', { to: 'OPEN' })).toBeGreaterThan(0);
    expect(sum('in the outage', 'Token verifications', { result: 'circuit_open' })).toBeGreaterThan(0);
    expect(sum('before', 'Answered by the claim cache')).toBeGreaterThan(0);
    expect(sum('after', 'Changes of circuits', { to: 'CLOSED' })).toBeGreaterThan(0);
  });

  it('stands in docs/observability.md, query by query', async () => {
    const table = panelTable(phases.map((phase) => [phase, readings.get(phase) ?? []]));
    const page = await documented('docs/observability.md', 'panels', table);
    for (const { expression } of readings.get('before') ?? []) {
      expect(page).toContain(`\`${expression.replaceAll('|', '\\|')}\``);
    }
  });
});

describe('the rules', () => {
  it('pass promtool', async () => {
    const promtool = await ensureCommand('promtool', 'prometheus');
    const { stdout } = await execa(promtool, ['check', 'rules', join(repo.root, rulesFile)]);
    expect(stdout).toContain('SUCCESS: 9 rules found');
  });

  it('alert in the outage, and neither before nor after it', () => {
    expect(firing.get('before')).toEqual([]);
    expect(firing.get('in the outage')).toEqual(['ServiceCircuitOpen']);
    expect(firing.get('after')).toEqual([]);
  });

  it('are all evaluated, and record', async () => {
    const rules = (await prometheus?.rules()) ?? [];
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    for (const { name } of rules.filter(({ type }) => type === 'recording')) {
      expect(await prometheus?.query(name), name).not.toEqual([]);
    }
  });

  it('alert after the time that they wait, by promtool', async () => {
    const promtool = await ensureCommand('promtool', 'prometheus');
    const file = join(repo.root, 'monitoring/rules-test.json');
    writeFileSync(file, JSON.stringify(ruleTests));
    const run = await execa(promtool, ['test', 'rules', file], { reject: false, all: true });
    expect(run.exitCode, run.all).toBe(0);
  });
});
