import { cpSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { tokenKey } from '../../templates/add-auth-verify/token-key.ts';
import { changeFile } from '../helpers/change-file.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { runCommand } from '../helpers/run-command.ts';
import { sampled } from '../helpers/sampled.ts';
import { documented } from '../production/document.ts';
import { type Answer, json, newKey, newToken, publish, seconds } from './local-issuer.ts';

// A service in four ways of verification, while what it relies on is down, slow, or lies.
const folder = '.security-failures';
const ways = ['remote', 'remote, cache and push', 'local', 'local, denylist'] as const;
type Way = (typeof ways)[number];
const followers: readonly Way[] = ['remote, cache and push', 'local, denylist'];

/**
 * Answers to four tokens: one that the service knows already, a new one, one that was revoked before the failure, and one
 * that a stranger signed with a key of his own.
 */
type Answers = string;
interface Failure {
  readonly name: string;
  readonly begin?: () => unknown;
  /** By fake clocks. */
  readonly passedMs?: number;
  readonly answers: Readonly<Record<Way, Answers>>;
}

const served = '200 200 401 401';
const unknown = '503 503 503 503';
const usual = {
  remote: served,
  'remote, cache and push': served,
  local: '200 200 200 401',
  'local, denylist': served,
};
const nobodyToAsk = { ...usual, remote: unknown, 'remote, cache and push': '200 503 503 503' };
const keysAreOld = { ...usual, local: '200 200 200 503', 'local, denylist': '200 200 401 503' };
const silence = { ...nobodyToAsk, 'remote, cache and push': unknown, 'local, denylist': unknown };

const failures: readonly Failure[] = [
  { name: 'nothing', answers: usual },
  { name: 'the auth service is down', begin: () => (front.auth = hangUp), answers: nobodyToAsk },
  { name: 'the auth service is slow', begin: () => (front.auth = () => undefined), answers: nobodyToAsk },
  { name: 'the auth service answers nonsense', begin: () => (front.auth = page), answers: nobodyToAsk },
  {
    name: 'the auth service says yes to everybody',
    begin: () => (front.auth = send(json({ valid: true, userId: 'ada' }))),
    answers: { ...usual, remote: '200 200 200 200', 'remote, cache and push': '200 200 200 200' },
  },
  {
    name: 'the key server is down',
    begin: () => (front.keys = hangUp),
    passedMs: 31_000,
    answers: keysAreOld,
  },
  {
    name: 'the key server is slow',
    begin: () => (front.keys = () => undefined),
    passedMs: 31_000,
    answers: keysAreOld,
  },
  {
    name: 'the key server answers nonsense',
    begin: () => (front.keys = page),
    passedMs: 31_000,
    answers: keysAreOld,
  },
  {
    name: 'the key server is down, 49 hours later',
    begin: () => (front.keys = hangUp),
    passedMs: 49 * 3_600_000,
    answers: { ...usual, local: unknown, 'local, denylist': unknown },
  },
  {
    name: "the key server has a stranger's keys, 10 minutes later",
    begin: () => (front.keys = send(publish(stranger))),
    passedMs: 601_000,
    answers: { ...usual, local: '401 401 401 200', 'local, denylist': '401 401 401 200' },
  },
  { name: 'Redis is down', begin: () => redis.stop(), answers: nobodyToAsk },
  { name: 'Redis is down, 6 seconds later', begin: () => redis.stop(), passedMs: 6_000, answers: silence },
  { name: 'Redis is slow', begin: () => redis.process.kill('SIGSTOP'), answers: nobodyToAsk },
  {
    name: 'Redis is slow, 6 seconds later',
    begin: () => redis.process.kill('SIGSTOP'),
    passedMs: 6_000,
    answers: silence,
  },
  {
    name: 'Redis is empty',
    begin: () => emptyRedis(),
    answers: { ...usual, remote: '200 200 200 401', 'remote, cache and push': '200 200 200 401' },
  },
  {
    name: 'Redis says that the tokens are revoked',
    begin: () => revokeInRedis(),
    answers: {
      remote: '401 401 401 401',
      'remote, cache and push': '401 401 401 401',
      local: '200 200 200 401',
      'local, denylist': '401 401 401 401',
    },
  },
];

const hangUp: RequestListener = (_request, response) => response.destroy();
const page: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
};
const send =
  (answer: Answer): RequestListener =>
  (request, response) => {
    answer(response, request);
  };
const pass: RequestListener = (request, response) => {
  auth.routing(request, response);
};
const stranger = newKey('stranger');

/** Stands in front of the auth service, in two parts that fail for themselves. */
let front: { auth: RequestListener; keys: RequestListener; readonly server: Server };
let redis: RedisServer;
let auth: FastifyInstance;
let passedMs = 0;
const consumers = new Map<Way, Readonly<{ app: FastifyInstance; origin: string }>>();
let tokens: readonly [known: string, fresh: string, revoked: string, forged: string];
let marker = '';

beforeAll(async () => {
  const clocks = { now: Date.now, monotonic: performance.now.bind(performance) };
  vi.spyOn(Date, 'now').mockImplementation(() => clocks.now() + passedMs);
  vi.spyOn(performance, 'now').mockImplementation(() => clocks.monotonic() + passedMs);
  redis = await startRedis();
  vi.stubEnv('REDIS_URL', redis.url);
  vi.stubEnv('JWT_SECRET', 'a-secret-of-at-least-thirty-two-bytes');
  await generate();
  auth = await load('local, denylist', 'auth-service');
  await auth.ready();
  const listener: RequestListener = (request, response) => {
    const part = request.url === '/.well-known/jwks.json' ? 'keys' : 'auth';
    front[part](request, response);
  };
  front = { auth: pass, keys: pass, server: createServer(listener) };
  await new Promise<void>((resolve) => front.server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AUTH_SERVICE_URL', `http://127.0.0.1:${String((front.server.address() as AddressInfo).port)}`);
});

afterEach(async () => {
  redis.process.kill('SIGCONT');
  await Promise.all([...consumers.values()].map(({ app }) => app.close()));
  Object.assign(front, { auth: pass, keys: pass });
  if (redis.process.exitCode !== null) redis = await startRedis(redis.port);
});

afterAll(async () => {
  front.server.close();
  front.server.closeAllConnections();
  await auth.close();
  await redis.stop();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(join(projectRoot, '.cases', folder), { recursive: true, force: true });
});

const rootOf = (way: Way): string =>
  join(projectRoot, '.cases', folder, String((ways as readonly string[]).indexOf(way)));

/** The same two services four times; those with a denylist are grown from those without. */
async function generate(): Promise<void> {
  const run = (way: Way, generator: string, ...args: readonly string[]): Promise<unknown> =>
    runCommand({ generator, args: [...args, '--no-format'] }, rootOf(way));
  const copy = (from: Way, to: Way): void => {
    cpSync(rootOf(from), rootOf(to), { recursive: true, verbatimSymlinks: true });
  };
  const keys = ['--keys', 'es256', '--blacklist', 'redis'];
  const target = ['--target', 'billing', '--protect', 'invoicesRoutes'];
  materialize(join(folder, '0'), { fixture: 'npm-workspaces', args: [] });
  await run('remote', 'add-auth-verify', ...keys);
  await run('remote', 'add-auth-verify', ...keys, '--sign', 'keys');
  copy('remote', 'local');
  copy('remote', 'remote, cache and push');
  await run('remote', 'add-auth-middleware', ...target);
  const withCache = ['--with', 'cache', '--cache-ttl', '60000'];
  await run('remote, cache and push', 'add-auth-middleware', ...target, ...withCache);
  const jwks = ['--verify', 'local', '--jwks', 'http://localhost:3001/.well-known/jwks.json'];
  const accepted = ['--issuer', 'auth-service', '--audience', 'services'];
  await run('local', 'add-auth-middleware', ...target, ...jwks, ...accepted);
  copy('local', 'local, denylist');
  await run('remote, cache and push', 'add-s2s-revocation', '--target', 'billing');
  await run('local, denylist', 'add-s2s-revocation', '--target', 'billing');
  for (const way of ways) {
    // A call that nobody answers is given up after 5 s by default.
    changeFile(rootOf(way), 'services/billing-service/src/app.ts', (text) =>
      text.replace(/(?<=register\(authMiddleware)(?:\)|, \{)/, (end) =>
        end === ')' ? ', { timeout: 1_000 })' : ', { timeout: 1_000,',
      ),
    );
  }
}

async function load(way: Way, service: string): Promise<FastifyInstance> {
  const { buildApp } = (await import(join(rootOf(way), `services/${service}/src/app.ts`))) as {
    buildApp: (options: object) => Promise<FastifyInstance>;
  };
  return buildApp({ logger: false });
}

async function statusOf(way: Way, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${consumers.get(way)?.origin ?? ''}/invoices`, { headers })).status;
}

async function answersOf(way: Way): Promise<Answers> {
  const statuses: number[] = [];
  for (const token of tokens) statuses.push(await statusOf(way, token));
  return statuses.join(' ');
}

const sign = (jti: string): string =>
  auth.signToken({ sub: 'ada', jti: `${jti} ${String(Math.random())}` }, 100 * 3_600);

async function revoke(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const { statusCode } = await auth.inject({ method: 'POST', url: '/auth/logout', headers });
  expect(statusCode).toBeLessThan(300);
}

/** Services that have just started, and know a token; both denylists have heard of a revocation. */
async function startConsumers(): Promise<void> {
  const claims = { iss: 'auth-service', aud: 'services', exp: seconds(360_000) };
  tokens = [sign('known'), sign('new'), sign('revoked'), newToken(stranger, claims)];
  marker = sign('marker');
  const [known, , revoked] = tokens;
  await Promise.all(
    ways.map(async (way) => {
      const app = await load(way, 'billing-service');
      consumers.set(way, { app, origin: await app.listen({ port: 0, host: '127.0.0.1' }) });
      await answers(way, revoked, 200);
    }),
  );
  await revoke(revoked);
  // A cache remembers nothing until it follows the log.
  await Promise.all(followers.map((way) => answers(way, revoked, 401)));
  await Promise.all(ways.flatMap((way) => [answers(way, known, 200), answers(way, marker, 200)]));
}

async function answers(way: Way, token: string, status: number): Promise<void> {
  await expect.poll(() => statusOf(way, token), { timeout: 10_000 }).toBe(status);
}

/** What followers do at the loss of their position, they have done when they know of the next revocation. */
async function emptyRedis(): Promise<void> {
  await inRedis((client) => client.flushall());
  await revoke(marker);
  await Promise.all(followers.map((way) => answers(way, marker, 401)));
}

async function revokeInRedis(): Promise<void> {
  const [, , revoked] = tokens;
  await inRedis(async (client) => {
    const names = await client.keys('*');
    const denied = names.find((name) => name.endsWith(tokenKey(revoked))) ?? '';
    const log = names.find((name) => /^token-revocations:.*(?<!:all)$/.test(name)) ?? '';
    for (const key of tokens.map(tokenKey)) {
      await client.set(denied.replace(tokenKey(revoked), key), '1');
      await client.xadd(log, '*', 'key', key, 'until', String(seconds(400_000)));
    }
  });
}

async function inRedis(work: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(redis.url);
  await work(client);
  client.disconnect();
}

describe('while something fails', () => {
  it.each(sampled(failures, 6))('$name', async ({ answers: expected, begin, passedMs: waitMs = 0 }) => {
    await startConsumers();
    await begin?.();
    passedMs += waitMs;
    // Keys and revocations arrive in the background.
    const given = (way: Way): unknown =>
      expect.poll(() => answersOf(way), { timeout: 10_000, message: way }).toBe(expected[way]);
    await Promise.all(ways.map(given));
  });

  it('is what docs/local-verification.md says (UPDATE_DOCS=1 writes it)', async () => {
    const rows = failures.map((one) => [one.name, ...ways.map((way) => one.answers[way])]);
    const head = [['what fails', ...ways], [...ways, ''].map(() => '---')];
    const table = [...head, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
    const told = await documented('docs/local-verification.md', 'failures', table);
    const squeeze = (text: string): string => text.trim().replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
    expect(squeeze(told)).toBe(squeeze(table));
  });
});
