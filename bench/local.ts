import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { Pool } from 'undici';

import { localVerifier } from '../templates/add-auth-middleware/local-verifier.ts';
import { ServiceClient } from '../templates/add-service-client/service-client.ts';
import { drive } from './load.ts';
import { renderMiddleware } from './middleware-module.ts';
import { interleave, median, pairedRatio, timeEach } from './rounds.ts';
import { ratioGoal, type Section } from './section.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const expected = { issuer: 'https://login.acme.test', audience: 'https://api.acme.test' };
const algorithms = ['ES256', 'RS256', 'EdDSA'] as const;
const rounds = 15;
const starts = 3;
const roundsPerStart = 5;
const inFlight = 50;
const perRound = 5_000;
const hotTokens = 100;

interface Issuer {
  readonly jwks: { readonly keys: object[] };
  readonly tokens: readonly string[];
}

/** Local verification: what a token costs when it is new, and what a route costs when its tokens are known. */
export async function benchLocal(): Promise<Section> {
  const sights = [];
  for (const algorithm of algorithms) sights.push({ algorithm, ...(await measureFirstSight(algorithm)) });
  const costs = await measureRoute();
  const perSecond = (name: string): string => (1e6 / median(costs.get(name) ?? [])).toFixed(0);
  const share = pairedRatio(costs.get('open') ?? [], costs.get('local') ?? []);
  return {
    title: 'Local verification',
    intro:
      `First sight: microseconds for each token that was never seen, ${String(rounds)} interleaved rounds; bare is jose's ` +
      `jwtVerify with createLocalJWKSet, algorithms, issuer and audience. Route: a small GET with ${String(hotTokens)} hot ` +
      `tokens of ES256, ${String(inFlight)} in flight, medians of ${String(starts * roundsPerStart)} interleaved rounds over ` +
      `${String(starts)} starts; load generator and services share the machine. Without authentication ` +
      `${perSecond('open')} requests/s, with local verification ${perSecond('local')}.`,
    head: ['algorithm', 'bare µs', 'generated µs', 'generated / bare'],
    rows: sights.map(({ algorithm, bare, ours, ratio }) => [
      algorithm,
      (bare / 1_000).toFixed(1),
      (ours / 1_000).toFixed(1),
      ratio.toFixed(2),
    ]),
    goals: [
      ...sights.map(({ algorithm, ratio }) =>
        ratioGoal(`first sight, ${algorithm}: generated / bare jose`, ratio, { most: 1.1 }),
      ),
      ratioGoal(`route, ${String(hotTokens)} hot tokens / unauthenticated`, share, { least: 0.92 }),
    ],
  };
}

async function newIssuer(algorithm: string, count: number): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: algorithm, use: 'sig' };
  const sign = (index: number): Promise<string> =>
    new SignJWT({ sub: `usr_${String(index)}`, email: 'ada@acme.test', tenantId: 'acme' })
      .setProtectedHeader({ alg: algorithm, kid: 'one', typ: 'JWT' })
      .setIssuer(expected.issuer)
      .setAudience(expected.audience)
      .setExpirationTime('8h')
      .sign(privateKey);
  return {
    jwks: { keys: [jwk] },
    tokens: await Promise.all(Array.from({ length: count }, (_, at) => sign(at))),
  };
}

async function measureFirstSight(
  algorithm: string,
): Promise<{ readonly bare: number; readonly ours: number; readonly ratio: number }> {
  const { jwks, tokens } = await newIssuer(algorithm, 200);
  const keyServer = await publish(jwks);
  const client = new ServiceClient({ baseUrl: keyServer.origin });
  // Remembers one token alone: with 200 in turn, each is new.
  const verify = localVerifier({ ...expected, maxTokens: 1 })(client, { warn: () => undefined });
  const keys = createLocalJWKSet(jwks);
  const options = { ...expected, algorithms: [algorithm], clockTolerance: 5, requiredClaims: ['exp'] };
  const inTurn = (work: (token: string) => unknown): (() => Promise<unknown>) => {
    let next = 0;
    return () => Promise.resolve(work(tokens[(next += 1) % tokens.length] ?? ''));
  };
  if ((await verify(tokens[0] ?? '')) === null) throw new Error('The verifier refused a good token');
  const contenders = [
    {
      name: 'bare',
      round: () =>
        timeEach(
          400,
          inTurn((token) => jwtVerify(token, keys, options)),
        ),
    },
    { name: 'ours', round: () => timeEach(400, inTurn(verify)) },
  ];
  const costs = await interleave(contenders, rounds);
  await client.close();
  keyServer.close();
  const of = (name: string): readonly number[] => costs.get(name) ?? [];
  return { bare: median(of('bare')), ours: median(of('ours')), ratio: pairedRatio(of('ours'), of('bare')) };
}

/** Microseconds for each request of each round, without authentication and with local verification. */
async function measureRoute(): Promise<ReadonlyMap<string, number[]>> {
  const { jwks, tokens } = await newIssuer('ES256', hotTokens);
  const keyServer = await publish(jwks);
  const file = await renderMiddleware(false);
  const costs = new Map<string, number[]>([
    ['open', []],
    ['local', []],
  ]);
  for (let start = 0; start < starts; start += 1) {
    const servers = {
      open: await startServer('./user-server.ts', 'none', keyServer.origin, ''),
      local: await startServer('./user-server.ts', 'local', keyServer.origin, file),
    };
    const contenders = await Promise.all(
      Object.entries(servers).map(async ([name, server]) => ({ name, round: await roundOf(server, tokens) })),
    );
    for (const [name, values] of await interleave(contenders, roundsPerStart))
      costs.get(name)?.push(...values);
    for (const server of Object.values(servers)) server.stop();
  }
  keyServer.close();
  return costs;
}

async function roundOf({ origin }: ServerProcess, tokens: readonly string[]): Promise<() => Promise<number>> {
  const pool = new Pool(origin, { connections: inFlight });
  const headers = tokens.map((token) => ({ authorization: `Bearer ${token}` }));
  const call = async (index: number): Promise<number> => {
    const answer = await pool.request({
      path: '/me',
      method: 'GET',
      headers: headers[index % hotTokens] ?? {},
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  for (let index = 0; index < hotTokens * 2; index += 1) await call(index);
  const last = await call(0);
  if (last !== 200) throw new Error(`${origin} answered ${String(last)} instead of 200`);
  return async () => 1e6 / (await drive(perRound, inFlight, call)).requestsPerSecond;
}

async function publish(jwks: object): Promise<{ readonly origin: string; close(): void }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(jwks));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { origin, close };
}
