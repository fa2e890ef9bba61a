import { createHmac } from 'node:crypto';

import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { connectAuthService } from '../../templates/add-auth-middleware/authentication.ts';
import { localVerifier } from '../../templates/add-auth-middleware/local-verifier.ts';
import { ServiceClient } from '../../templates/add-service-client/service-client.ts';
import { acceptServices } from '../../templates/add-service-tokens/service-callers.ts';
import { createServiceTokens, outsideOfRequests } from '../../templates/add-service-tokens/service-tokens.ts';
import {
  audience,
  encode,
  issuer,
  json,
  type KeyServer,
  newKey,
  newToken,
  publish,
  seconds,
  type SigningKey,
  signText,
  startKeyServer,
} from './local-issuer.ts';

// Services and users at one callee. `reports` is a service that exists and is allowed elsewhere only.
const keys = { auth: newKey('auth'), jobs: newKey('jobs'), reports: newKey('reports'), old: newKey('old') };
const servers = new Map<string, KeyServer>();
const open: { close(): unknown }[] = [];
let user: FastifyInstance;
let origin = '';
let passedMs = 0;

beforeAll(async () => {
  for (const name of ['auth', 'jobs', 'reports'] as const)
    servers.set(name, await startKeyServer(publish(keys[name])));
  user = await startUserService();
  origin = await user.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  await user.close();
  for (const one of open) await one.close();
  for (const server of servers.values()) server.close();
});

const urlOf = (name: string): string => servers.get(name)?.origin ?? '';

async function startUserService(): Promise<FastifyInstance> {
  const app = Fastify();
  const { authenticate } = await connectAuthService(app, {
    baseUrl: urlOf('auth'),
    verifier: localVerifier({ issuer, audience }),
  });
  const clock = (): number => performance.now() + passedMs;
  const now = (): number => Date.now() + passedMs;
  const services = { jobs: urlOf('jobs'), reports: urlOf('reports') };
  const hook = acceptServices(app, authenticate, { audience: 'user-service', services, clock, now });
  const who = (path: string, allowed: readonly string[]): void => {
    const plugin: FastifyPluginCallback = (own, _options, done) => {
      own.addHook('onRequest', hook);
      own.get(path, (request) => ({
        service: request.service,
        user: (request as unknown as { user: object | null }).user,
      }));
      done();
    };
    void app.register(plugin, { allowedServices: allowed });
  };
  who('/users', ['jobs']);
  who('/reports', ['reports']);
  who('/closed', []);
  return app;
}

const ask = (path: string, token: string): Promise<Response> =>
  fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` } });

function serviceToken(key: SigningKey, name: string, claims: object = {}, header: object = {}): string {
  const iat = seconds(0) + Math.round(passedMs / 1_000);
  const usual = { iss: name, sub: name, aud: 'user-service', iat, exp: iat + 300 };
  return signText(
    `${encode({ alg: key.algorithm, kid: key.kid, typ: 'service+jwt', ...header })}.${encode({ ...usual, ...claims })}`,
    key,
  );
}

const { auth, jobs, reports } = keys;
const valid = (): string => serviceToken(jobs, 'jobs');
const publicKey = jobs.publicKey.export({ type: 'spki', format: 'pem' });

const attacks: Readonly<Record<string, () => string>> = {
  'a token of a user whose type was changed': () => newToken(auth, {}, { typ: 'service+jwt' }),
  "a token of a user with the service's name": () =>
    newToken(
      auth,
      { iss: 'jobs', sub: 'jobs', aud: 'user-service', iat: seconds(0) },
      { typ: 'service+jwt' },
    ),
  'a token of a service as one of a user': () => serviceToken(jobs, 'jobs', {}, { typ: 'JWT' }),
  'claims of a user, signed by a service': () => newToken(jobs),
  'claims of a user, as a token of a service': () =>
    newToken(jobs, { iat: seconds(0) }, { typ: 'service+jwt' }),
  'a token of a service without a type': () => serviceToken(jobs, 'jobs', {}, { typ: undefined }),
  'a type that is a list': () => serviceToken(jobs, 'jobs', {}, { typ: ['service+jwt'] }),
  'a service that is not allowed here': () => serviceToken(reports, 'reports'),
  "another service's key": () => serviceToken(reports, 'jobs'),
  "another service's key with the known key ID": () => serviceToken({ ...reports, kid: 'jobs' }, 'jobs'),
  'another issuer with the own key': () => serviceToken(jobs, 'reports'),
  'an issuer of a prototype': () => serviceToken(jobs, '__proto__'),
  'another subject': () => serviceToken(jobs, 'jobs', { sub: 'admin' }),
  'no issuer': () => serviceToken(jobs, 'jobs', { iss: undefined }),
  'another audience': () => serviceToken(jobs, 'jobs', { aud: 'billing-service' }),
  'the audience of users': () => serviceToken(jobs, 'jobs', { aud: audience }),
  'no audience': () => serviceToken(jobs, 'jobs', { aud: undefined }),
  'an expired token': () => serviceToken(jobs, 'jobs', { iat: seconds(-310), exp: seconds(-10) }),
  'a token that lives for an hour': () => serviceToken(jobs, 'jobs', { exp: seconds(3_600) }),
  'a token of an hour that is old': () =>
    serviceToken(jobs, 'jobs', { iat: seconds(-400), exp: seconds(60) }),
  'a token from the future': () => serviceToken(jobs, 'jobs', { iat: seconds(60), exp: seconds(120) }),
  'no expiry': () => serviceToken(jobs, 'jobs', { exp: undefined }),
  'no time of issue': () => serviceToken(jobs, 'jobs', { iat: undefined }),
  'alg none': () => `${encode({ alg: 'none', typ: 'service+jwt' })}.${valid().split('.')[1] ?? ''}.`,
  'the public key as an HMAC secret': () => {
    const input = `${encode({ alg: 'HS256', kid: 'jobs', typ: 'service+jwt' })}.${valid().split('.')[1] ?? ''}`;
    return `${input}.${createHmac('sha256', publicKey).update(input).digest('base64url')}`;
  },
  'a key of its own': () => serviceToken(newKey('own'), 'jobs', {}, { jwk: newKey('own').jwk }),
  'a token bound to a key': () => serviceToken(jobs, 'jobs', { cnf: { jkt: 'thumbprint' } }),
  'changed claims': () => {
    const [head = '', , signature = ''] = valid().split('.');
    return `${head}.${serviceToken(jobs, 'jobs', { jti: 'other' }).split('.')[1] ?? ''}.${signature}`;
  },
  'two parts': () => valid().split('.').slice(0, 2).join('.'),
};

describe('a callee that allows one service', () => {
  it('lets it in, tells it from a user, and nowhere else', async () => {
    expect(await (await ask('/users', valid())).json()).toEqual({ service: { name: 'jobs' }, user: null });
    expect(await (await ask('/users', newToken(auth))).json()).toMatchObject({
      service: null,
      user: { userId: 'ada' },
    });
    const statuses = ['/reports', '/closed', '/nothing'].map(
      async (path) => (await ask(path, valid())).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 401, 404]);
    expect((await ask('/reports', serviceToken(reports, 'reports'))).status).toBe(200);
  });

  it.each(Object.entries(attacks))('refuses %s', async (_name, token) => {
    expect((await ask('/users', token())).status).toBe(401);
    expect((await ask('/closed', token())).status).toBe(401);
    expect((await ask('/users', valid())).status).toBe(200);
  });

  it('does not take keys for one service from the server of another', async () => {
    const liar = servers.get('reports');
    if (liar === undefined) throw new Error('There is no such server');
    liar.answer = publish(reports, { ...reports.jwk, kid: 'jobs' }, jobs);
    passedMs += 601_000;
    expect((await ask('/users', serviceToken({ ...reports, kid: 'jobs' }, 'jobs'))).status).toBe(401);
    expect((await ask('/reports', serviceToken(jobs, 'jobs'))).status).toBe(401);
    expect((await ask('/users', valid())).status).toBe(200);
  });

  it('refuses a withdrawn key after the next fetch', async () => {
    const server = servers.get('jobs');
    if (server === undefined) throw new Error('There is no such server');
    server.answer = publish(keys.old);
    passedMs += 601_000;
    await expect.poll(async () => (await ask('/users', valid())).status).toBe(401);
    expect((await ask('/users', serviceToken(keys.old, 'jobs'))).status).toBe(200);
    server.answer = publish(jobs);
    passedMs += 601_000;
    await expect.poll(async () => (await ask('/users', valid())).status).toBe(200);
  });

  it('knows the service through an outage of its key server, and users through it as well', async () => {
    const server = servers.get('jobs');
    if (server === undefined) throw new Error('There is no such server');
    server.answer = json({}, 500);
    passedMs += 3_600_000;
    expect((await ask('/users', valid())).status).toBe(200);
    expect((await ask('/users', newToken(auth))).status).toBe(200);
  });
});

describe('a caller', () => {
  it('sends a token of its own outside of a request alone, and one for each callee', async () => {
    let nowMs = Date.now();
    const pem = jobs.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const key = { key: pem, algorithm: 'ES256', kid: 'jobs' } as const;
    const tokens = createServiceTokens({ name: 'jobs', key, now: () => nowMs });
    const first = tokens('a');
    expect([tokens('a') === first, tokens('b') === first]).toEqual([true, false]);
    nowMs += 240_000;
    expect(tokens('a')).not.toBe(first);

    const real = createServiceTokens({ name: 'jobs', key });
    const stranger = {
      correlationId: 'c',
      traceparent: undefined,
      authorization: undefined,
      remainingMs: 1_000,
      signal: undefined,
    };
    const statusOf = async (current: Parameters<typeof outsideOfRequests>[0]): Promise<unknown> => {
      const context = outsideOfRequests(current, () => real('user-service'));
      const client = new ServiceClient({ baseUrl: origin, context, forwardToken: true });
      open.push(client);
      return client.get('/users').then(
        ({ data }) => data,
        (error: unknown) => (error as { status?: number }).status,
      );
    };
    passedMs = 0;
    expect(await statusOf(() => undefined)).toMatchObject({ service: { name: 'jobs' } });
    expect(await statusOf(() => stranger)).toBe(401);
    const ada = { ...stranger, authorization: `Bearer ${newToken(auth)}` };
    expect(await statusOf(() => ada)).toMatchObject({ user: { userId: 'ada' }, service: null });
  });
});
