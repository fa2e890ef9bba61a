import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';

import { authMiddleware } from '../src/middleware/auth.middleware.js';
import type { Authentication } from '../src/utils/authentication.js';
import { type Answer, hangUp, json, silence, StubServer } from './test-kit.js';

const ADA = { valid: true, userId: 'ada', email: 'ada@acme.test', tenantId: 'acme' };
const INVALID = { error: 'Invalid or expired token' };
const UNAVAILABLE = {
  error: 'Authentication service temporarily unavailable. Please try again later.',
};

/** Stands in for the auth service. */
const auth = new StubServer();
const apps: FastifyInstance[] = [];
let log: string[] = [];

beforeAll(() => auth.start());
beforeEach(() => {
  auth.answer(json(200, ADA));
  log = [];
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => auth.stop());

/** An application with one guarded plugin and one open route. */
async function buildApp(options: Authentication['options'] = {}): Promise<FastifyInstance> {
  const stream = { write: (line: string) => log.push(line) };
  const app = Fastify({ forceCloseConnections: true, logger: { level: 'debug', stream } });
  apps.push(app);
  const own = { baseUrl: auth.origin, serviceSecret: '' };
  await app.register(authMiddleware, { ...own, ...options });
  app.get('/open', (request) => ({ user: request.user, id: request.correlationId }));
  await app.register((guarded, _options, done) => {
    guarded.addHook('onRequest', guarded.authenticate);
    guarded.get('/me', (request) => ({ user: request.user, id: request.correlationId }));
    done();
  });
  return app;
}

const good = { authorization: 'Bearer a.good.token' };

function get(app: FastifyInstance, headers = {}, url = '/me'): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'GET', url, headers });
}

/** The lines that were logged with that message. */
function logged(message: string): Record<string, unknown>[] {
  const lines = log.filter((line) => line.includes(message));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('auth middleware, requests', () => {
  it('lets a valid token in, and puts its claims and the correlation ID on the request', async () => {
    const response = await get(await buildApp(), { ...good, 'x-correlation-id': 'request-1' });
    const user = { userId: 'ada', email: 'ada@acme.test', tenantId: 'acme' };
    expect(response.json()).toEqual({ user, id: 'request-1' });
    expect(response.headers['x-correlation-id']).toBe('request-1');
    const [asked] = auth.received;
    expect([asked?.url, asked?.body]).toEqual(['/auth/verify', '{"token":"a.good.token"}']);
    expect(asked?.headers['x-correlation-id']).toBe('request-1');
    const [line] = logged('Authentication successful');
    expect([line?.['userId'], line?.['correlationId']]).toEqual(['ada', 'request-1']);
  });

  it('refuses a missing, malformed or oversized token without a call', async () => {
    const app = await buildApp();
    const headers = ['', 'Bearer', 'Basic YWRh', 'Bearer two tokens', 'No Bearer token'];
    for (const authorization of [...headers, `Bearer ${'a'.repeat(8_193)}`]) {
      const response = await get(app, { authorization });
      expect([response.statusCode, response.json()]).toEqual([401, INVALID]);
      expect(response.headers['www-authenticate']).toBe('Bearer');
    }
    expect(auth.received.length).toBe(0);
  });

  it('leaves other routes alone, but for a correlation ID that is missing or not safe', async () => {
    const app = await buildApp();
    for (const id of ['', 'a b', 'one, two', 'a'.repeat(129)]) {
      const response = await get(app, { 'x-correlation-id': id }, '/open');
      expect([response.statusCode, response.json<{ user: unknown }>().user]).toEqual([200, null]);
      expect(String(response.headers['x-correlation-id'])).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(auth.received.length).toBe(0);
  });
});

describe('auth middleware, answers of the auth service', () => {
  const rows: readonly (readonly [string, Answer, number])[] = [
    ['200 with a user', json(200, ADA), 200],
    ['401', json(401, {}), 401],
    ['200 that says invalid', json(200, { valid: false }), 401],
    ['200 without a user', json(200, { valid: true }), 503],
    ['404', json(404, {}), 503],
    ['500', json(500, { error: 'secret detail' }), 503],
    ['a dropped connection', hangUp, 503],
    ['no answer', silence, 503],
  ];
  for (const [what, answer, status] of rows) {
    it(`answers ${String(status)} to ${what}`, async () => {
      auth.answer(answer);
      const timeout = answer === silence ? 50 : 5_000;
      const app = await buildApp({ timeout, serviceSecret: 'between-services' });
      const response = await get(app, { authorization: 'Bearer a.secret.token' });
      expect(response.statusCode).toBe(status);
      if (status !== 200) expect(response.json()).toEqual(status === 401 ? INVALID : UNAVAILABLE);
      // Bad tokens must never open the circuit.
      if (status === 401) expect(app.authServiceClient.getCircuitStats().failures).toBe(0);
      expect(logged('Auth service refuses').length).toBe(what === '404' ? 1 : 0);
      expect(auth.received[0]?.headers['x-service-secret']).toBe('between-services');
      expect(/secret\.token|between-services|secret detail/.test(log.join(''))).toBe(false);
    });
  }

  it('opens its circuit after three failures, says when to come back, and recovers', async () => {
    let now = 0;
    const app = await buildApp({ circuitBreakerOptions: { clock: () => now } });
    auth.answer(json(500, {}));
    for (let call = 0; call < 3; call += 1) await get(app, good);
    auth.answer(json(200, ADA));
    const response = await get(app, good);
    expect([response.statusCode, response.json()]).toEqual([503, UNAVAILABLE]);
    expect(String(response.headers['retry-after'])).toBe('30');
    expect(logged('Auth service circuit breaker is open').length).toBe(1);
    now = 30_000;
    expect((await get(app, good)).statusCode).toBe(200);
    expect(auth.received.length).toBe(1);
  });
});
