import { type BootedService, bootService } from './boot-service.ts';
import type { Probe } from './case.ts';
import type { Fixture } from './fixtures.ts';

const credentials = { email: 'ada@acme.test', password: 'correct horse battery staple' };
const secret = 'a-secret-for-tests-of-at-least-32-characters';

/** A probe and what came back. */
export interface ProbeAnswer {
  readonly probe: Probe;
  readonly status: number;
  readonly body: unknown;
}

/** Boots what the probes need, the auth service first, asks one after the other, and stops it all. */
export async function probeServices(
  root: string,
  fixture: Fixture,
  probes: readonly Probe[],
  redisUrl: string,
): Promise<readonly ProbeAnswer[]> {
  const wanted = new Set(probes.map((probe) => probe.service));
  if (probes.some((probe) => probe.login !== undefined)) wanted.add(fixture.auth);
  const order = [...wanted].sort((a, b) => Number(b === fixture.auth) - Number(a === fixture.auth));
  const booted = new Map<string, BootedService>();
  try {
    for (const dir of order) {
      const service = fixture.services.find((candidate) => candidate.dir === dir);
      if (service === undefined) throw new Error(`The fixture has no service ${dir}`);
      // Port 9 (discard) is closed: an auth service that is not booted is one that is down.
      const authUrl = booted.get(fixture.auth)?.origin ?? 'http://127.0.0.1:9';
      const env = { JWT_SECRET: secret, REDIS_URL: redisUrl, AUTH_SERVICE_URL: authUrl };
      booted.set(dir, await bootService(root, service, env));
    }
    const answers: ProbeAnswer[] = [];
    for (const probe of probes) answers.push(await ask(probe, booted, booted.get(fixture.auth)?.origin));
    return answers;
  } finally {
    for (const service of [...booted.values()].reverse()) await service.stop();
  }
}

async function ask(
  probe: Probe,
  booted: ReadonlyMap<string, BootedService>,
  authOrigin: string | undefined,
): Promise<ProbeAnswer> {
  const token = probe.login === undefined ? undefined : await login(authOrigin ?? '');
  const body = probe.login === 'body' ? { ...probe.body, token } : probe.body;
  const response = await fetch(`${booted.get(probe.service)?.origin ?? ''}${probe.path}`, {
    method: probe.method ?? 'GET',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(probe.login === 'bearer' ? { authorization: `Bearer ${token ?? ''}` } : {}),
      ...probe.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  return { probe, status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

async function login(origin: string): Promise<string> {
  const response = await fetch(`${origin}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  });
  const { token } = (await response.json()) as { readonly token?: string };
  if (token === undefined)
    throw new Error(`Login at ${origin} answered ${String(response.status)} without a token`);
  return token;
}
