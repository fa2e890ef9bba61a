import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { Pool } from 'undici';

import { type BootedService, bootService } from '../test/helpers/boot-service.ts';
import { fixtures } from '../test/helpers/fixtures.ts';
import { materialize } from '../test/helpers/materialize.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { startRedis } from '../test/helpers/redis-server.ts';
import { runCommand } from '../test/helpers/run-command.ts';
import type { Section } from './section.ts';

/** Five minutes, or as many seconds as S2S_SOAK_SECONDS says. */
const seconds = Number(process.env['S2S_SOAK_SECONDS'] ?? 300);
const users = 25;
/** A user asks as often as this, and not before the last answer has come. */
const askEveryMs = 500;
const burnersPerCore = 4;
const stallMs = 500;
const stallEveryMs = 5_000;
/** What one anonymous sender has under way at once, on loopback alone. */
const volley = { bodies: 8, bytes: 1_000_000 };
const secret = 'a-secret-for-tests-of-at-least-32-characters';

interface Answer {
  /** Milliseconds from the start of the soak at which it was asked for. */
  readonly at: number;
  readonly ms: number;
  readonly status: number;
}

/** One thing that stands still for a moment. */
interface Stall {
  readonly name: string;
  readonly begin: () => Promise<void>;
}

/** Good users at a steady rate, while every core is busy and auth service, Redis and consumer stall in turn. */
export async function benchSoak(): Promise<Section> {
  const redis = await startRedis();
  const root = await generate();
  const env = { JWT_SECRET: secret, REDIS_URL: redis.url, LOG_LEVEL: 'fatal' };
  const auth = await boot(root, 'services/auth-service', env);
  const consumerEnv = { ...env, AUTH_SERVICE_URL: auth.origin, LOG_LEVEL: 'warn' };
  const consumer = await boot(root, 'services/user-service', consumerEnv);
  const failures = countFailures(consumer);
  await warmUp(consumer.origin);
  const burners = Array.from({ length: burnersPerCore * availableParallelism() }, burn);
  const stalls: readonly Stall[] = [
    { name: 'bodies of 1 MB at the login route', begin: () => sendVolley(auth.origin) },
    { name: 'Redis stands still', begin: () => freeze(redis.process) },
    { name: 'the auth service stands still', begin: () => freeze(auth.process) },
    { name: 'the consumer stands still', begin: () => freeze(consumer.process) },
  ];
  try {
    const answers = await soak(consumer.origin, stalls);
    return report(answers, stalls, failures);
  } finally {
    for (const burner of burners) burner.kill('SIGKILL');
    for (const { process: child } of [consumer, auth]) child.kill('SIGKILL');
    await redis.stop();
    rmSync(join(projectRoot, '.cases/bench-soak'), { recursive: true, force: true });
  }
}

async function generate(): Promise<string> {
  const root = materialize('bench-soak', { fixture: 'npm-workspaces', args: [] });
  const args = ['--target', 'user', '--protect', 'usersRoutes'];
  await runCommand({ generator: 'add-s2s', args }, root);
  return root;
}

function boot(root: string, dir: string, env: Readonly<Record<string, string>>): Promise<BootedService> {
  const service = fixtures['npm-workspaces'].services.find((one) => one.dir === dir);
  if (service === undefined) throw new Error(`There is no ${dir}`);
  return bootService(root, service, env);
}

/** What the consumer logs of calls that failed, by kind and status, and of circuits that opened. */
function countFailures(consumer: BootedService): Map<string, number> {
  const counts = new Map<string, number>();
  consumer.process.stdout?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) {
      const [, kind = ''] = /"kind":"(\w+)"/.exec(line) ?? [];
      const [, status = ''] = /"status":(\d+)/.exec(line) ?? [];
      const name = line.includes('"to":"OPEN"') ? 'openings of the circuit' : `${kind} ${status}`.trim();
      if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  });
  return counts;
}

function burn(): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

async function freeze(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  await sleep(stallMs);
  child.kill('SIGCONT');
}

/** The stranger is a process of its own; what it is answered is of no matter. */
async function sendVolley(origin: string): Promise<void> {
  const script = `
    const body = JSON.stringify({ email: 'ada@acme.test', password: 'x'.repeat(${String(volley.bytes)}) });
    const headers = { 'content-type': 'application/json' };
    for (let n = 0; n < ${String(volley.bodies)}; n += 1)
      fetch('${origin}/auth/login', { method: 'POST', headers, body }).then((answer) => answer.text()).catch(() => {});
  `;
  await once(spawn(process.execPath, ['-e', script], { stdio: 'ignore' }), 'exit');
}

/** Services that have just started compile more than they answer. */
async function warmUp(origin: string): Promise<void> {
  for (let request = 0; request < 2_000; request += 1) {
    const headers = { authorization: `Bearer ${token(request)}` };
    await (await fetch(`${origin}/users`, { headers })).text();
  }
}

async function soak(origin: string, stalls: readonly Stall[]): Promise<readonly Answer[]> {
  const pool = new Pool(origin, { connections: users, bodyTimeout: 60_000, headersTimeout: 60_000 });
  const answers: Answer[] = [];
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  const isOver = (): boolean => elapsed() > seconds * 1_000;
  const ask = async (): Promise<void> => {
    const at = elapsed();
    const headers = { authorization: `Bearer ${token(answers.length)}` };
    const status = await pool.request({ path: '/users', method: 'GET', headers }).then(
      async (answer) => (await answer.body.dump(), answer.statusCode),
      () => 0,
    );
    answers.push({ at, ms: elapsed() - at, status });
  };
  const live = async (_: unknown, user: number): Promise<void> => {
    await sleep((user * askEveryMs) / users);
    while (!isOver()) await Promise.all([ask(), sleep(askEveryMs)]);
  };
  const stallInTurn = async (): Promise<void> => {
    for (let turn = 0; ; turn += 1) {
      await sleep(Math.min((turn + 1) * stallEveryMs, seconds * 1_000 + 1) - elapsed());
      if (isOver()) return;
      await stalls[turn % stalls.length]?.begin();
    }
  };
  await Promise.all([...Array.from({ length: users }, live), stallInTurn()]);
  await pool.close();
  return answers;
}

/** A token of a user of the fixture; each index has one of its own. */
function token(index: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const claims = {
    sub: 'usr_ada',
    email: 'ada@acme.test',
    tenantId: 'acme',
    jti: `soak-${String(index)}`,
    exp,
  };
  const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function report(
  answers: readonly Answer[],
  stalls: readonly Stall[],
  failures: ReadonlyMap<string, number>,
): Section {
  const [load = NaN] = loadavg();
  const after = (index: number): readonly Answer[] =>
    answers.filter(
      ({ at }) => at >= stallEveryMs && (Math.floor(at / stallEveryMs) - 1) % stalls.length === index,
    );
  const row = (name: string, some: readonly Answer[]): string[] => {
    const count = (status: number): number => some.filter((one) => one.status === status).length;
    const times = some.map(({ ms }) => ms).sort((a, b) => a - b);
    const p99 = times[Math.floor(times.length * 0.99)] ?? NaN;
    const others = some.length - count(200) - count(503);
    return [
      name,
      String(some.length),
      String(count(503)),
      String(others),
      p99.toFixed(0),
      longest(some).toFixed(1),
    ];
  };
  const refused = answers.filter(({ status }) => status === 503).length / answers.length;
  const span = longest(answers);
  return {
    title: 'Stalls on a busy machine',
    intro:
      `${String(users)} good users for ${String(seconds)} s, each with a request every ${String(askEveryMs)} ms; ${String(burnersPerCore)} processes a core ` +
      `that only burn CPU (load of the machine at the end: ${load.toFixed(1)}). Every ${String(stallEveryMs / 1_000)} s one of ` +
      `four stalls: ${String(volley.bodies)} bodies of 1 MB at once from a stranger, or ${String(stallMs)} ms of SIGSTOP. ` +
      `Breaker: 3 failures, 30 s. Failures that the consumer logs: ${list(failures)}.`,
    head: [
      'after',
      'requests',
      '503',
      'neither 200 nor 503',
      'p99, ms',
      'longest time with nothing but 503, s',
    ],
    rows: [...stalls.map(({ name }, index) => row(name, after(index))), row('all', answers)],
    goals: [
      {
        what: '503 of good users',
        goal: '≤ 1 %',
        reached: `${(refused * 100).toFixed(2)} %`,
        holds: refused <= 0.01,
      },
      { what: '503 in a row', goal: '≤ 2 s', reached: `${span.toFixed(1)} s`, holds: span <= 2 },
    ],
  };
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${String(count)} × ${name}`).join(', ') || 'none';
}

/** Seconds between the first and the last 503 of the longest run of them. */
function longest(answers: readonly Answer[]): number {
  let most = 0;
  let since: number | undefined;
  for (const { at, status } of [...answers].sort((a, b) => a.at - b.at)) {
    if (status !== 503) since = undefined;
    else {
      since ??= at;
      most = Math.max(most, at - since);
    }
  }
  return most / 1_000;
}
