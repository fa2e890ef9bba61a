import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';

import { localVerifier } from '../../templates/add-auth-middleware/local-verifier.ts';
import { addSigningKeys } from '../../templates/add-auth-verify/signing-decorators.ts';
import { createSigningKeys, type SigningKeys } from '../../templates/add-auth-verify/signing-keys.ts';
import { ServiceClient } from '../../templates/add-service-client/service-client.ts';

const issuer = 'auth-service';
const audience = 'services';
const minute = 60_000;
const lifetimeS = 900;
const consumers = 20;
const silent = { info: () => undefined, warn: () => undefined };

const newPem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** An auth service that is deployed anew with other keys, and services that verify its tokens themselves. */
interface World {
  readonly deploy: (privateKeys: string, currentKeyId?: string) => Promise<SigningKeys>;
  /** Lets time pass while all consumers get new tokens and older ones that have not expired; counts the refused. */
  readonly pass: (ms: number) => Promise<number>;
  readonly asked: () => number;
}

async function startWorld(): Promise<World> {
  let nowMs = Date.now();
  const now = (): number => nowMs;
  let keys: SigningKeys | undefined;
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  let asked = 0;
  const front = createServer((request, response) => {
    answer(request, response);
  });
  const origin = await listen(front);
  const services = await Promise.all(Array.from({ length: consumers }, () => startConsumer(origin, now)));
  const sign = (): string => keys?.signToken({ sub: 'ada' }, lifetimeS) ?? '';
  const issued: { readonly token: string; readonly expiresAt: number }[] = [];

  const load = async (): Promise<number> => {
    issued.push({ token: sign(), expiresAt: nowMs + lifetimeS * 1_000 });
    const alive = issued.filter(({ expiresAt }) => expiresAt - 1_000 > nowMs).map(({ token }) => token);
    const tokens = [alive.at(-1), alive[0], alive[Math.floor(alive.length / 2)]] as string[];
    const statuses = await Promise.all(
      services.flatMap((service) => tokens.map((token) => statusOf(service, token))),
    );
    asked += statuses.length;
    return statuses.filter((status) => status !== 200).length;
  };

  return {
    asked: () => asked,
    async deploy(privateKeys, currentKeyId) {
      const created = createSigningKeys(
        { algorithm: 'ES256', issuer, audience, privateKeys, currentKeyId, now },
        silent,
      );
      const app = Fastify();
      open.push(app);
      addSigningKeys(app, created, created.createVerifier());
      await app.ready();
      answer = (request, response) => {
        app.routing(request, response);
      };
      keys = created;
      return created;
    },
    async pass(ms) {
      let refused = 0;
      for (let passed = 0; passed < ms; passed += minute) {
        refused += await load();
        nowMs += minute;
      }
      return refused;
    },
  };
}

async function listen(server: Server): Promise<string> {
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Each starts its first fetch at another time, by the clock of its own. */
async function startConsumer(baseUrl: string, now: () => number): Promise<string> {
  const startedAt = now() - Math.random() * 10 * minute;
  const clock = (): number => now() - startedAt;
  const circuit = { failureThreshold: 3, successThreshold: 2, timeout: 30_000 };
  const client = new ServiceClient({
    baseUrl,
    timeout: 5_000,
    retry: false,
    circuitBreakerOptions: { ...circuit, clock },
  });
  const verify = localVerifier({ issuer, audience, clock, now })(client, silent);
  const app: FastifyInstance = Fastify();
  app.get('/', async (request, reply) => {
    const user = await verify(String(request.headers['x-token']));
    return reply.code(typeof user === 'number' ? 503 : user === null ? 401 : 200).send();
  });
  open.push(client, app);
  return app.listen({ port: 0, host: '127.0.0.1' });
}

async function statusOf(origin: string, token: string): Promise<number> {
  const { body, status } = await fetch(origin, { headers: { 'x-token': token } });
  await body?.cancel();
  return status;
}

const kidOf = (keys: SigningKeys): string => keys.published.at(-1)?.['kid'] ?? '';

describe('rotation of the signing key, under load', () => {
  it('refuses no token at 20 services, step by step as documented', async () => {
    const world = await startWorld();
    const [first, second] = [newPem(), newPem()];
    const old = kidOf(await world.deploy(first));
    expect(await world.pass(12 * minute)).toBe(0);

    const next = kidOf(await world.deploy(`${first}${second}`, old));
    expect(await world.pass(15 * minute)).toBe(0);
    await world.deploy(`${first}${second}`, next);
    expect(await world.pass(16 * minute)).toBe(0);
    await world.deploy(second);
    expect(await world.pass(25 * minute)).toBe(0);
    expect(world.asked()).toBe(consumers * 3 * 68);
  });

  it('would refuse tokens if the old key were removed before they expire', async () => {
    const world = await startWorld();
    const [first, second] = [newPem(), newPem()];
    await world.deploy(first);
    expect(await world.pass(12 * minute)).toBe(0);
    await world.deploy(second);
    expect(await world.pass(12 * minute)).toBeGreaterThan(0);
  });
});
