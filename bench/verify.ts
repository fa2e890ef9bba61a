import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

import fastifyJwt from '@fastify/jwt';
import { createVerifier } from 'fast-jwt';
import Fastify from 'fastify';
import { jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';

import { interleave, median, pairedRatio, timeEach } from './rounds.ts';
import { ratioGoal, type Section } from './section.ts';
import { newVerifier } from './verifier-module.ts';

const rounds = 25;
const secret = 'a-secret-of-at-least-thirty-two-bytes';
const tokens = Array.from({ length: 200 }, (_, index) =>
  jwt.sign({ sub: `usr_${String(index)}`, email: 'ada@acme.test', tenantId: 'acme' }, secret, {
    expiresIn: '1h',
  }),
);
const raw = 'raw node:crypto';

/** The check of an HS256 token: each library bare, and what is generated for it. */
export async function benchVerify(): Promise<Section> {
  const app = Fastify();
  await app.register(fastifyJwt, { secret });
  const key = createSecretKey(Buffer.from(secret));
  const bytes = new TextEncoder().encode(secret);
  const fast = createVerifier({ key: secret, algorithms: ['HS256'] });
  const pairs: Readonly<Record<string, readonly [bare: Verify, ours: Verify]>> = {
    '@fastify/jwt': [(token) => app.jwt.verify(token), newVerifier('fastifyJwt', app)],
    jsonwebtoken: [
      (token) => jwt.verify(token, key, { algorithms: ['HS256'] }),
      newVerifier('jsonwebtoken', secret),
    ],
    jose: [(token) => jwtVerify(token, bytes, { algorithms: ['HS256'] }), newVerifier('jose', secret)],
    'fast-jwt': [(token) => fast(token) as unknown, newVerifier('fastJwt', secret)],
  };
  const named: [string, Verify][] = Object.entries(pairs).flatMap(
    ([name, [bare, ours]]): [string, Verify][] => [
      [name, bare],
      [oursOf(name), ours],
    ],
  );
  const contenders = [[raw, verifyRaw] as const, ...named].map(([name, verify]) => ({
    name,
    round: () => timeEach(4_000, rotating(verify)),
  }));
  const costs = await interleave(contenders, rounds);
  const us = (name: string): string => (median(costs.get(name) ?? []) / 1_000).toFixed(2);
  const ratio = (name: string, than: string): number =>
    pairedRatio(costs.get(name) ?? [], costs.get(than) ?? []);
  return {
    title: 'Token check of /auth/verify',
    intro:
      `Microseconds for each check of an HS256 token, 200 tokens in turn, median of ${String(rounds)} interleaved ` +
      `rounds. ${raw} (HMAC, comparison, JSON, expiry): ${us(raw)} µs.`,
    head: ['library', 'bare', 'generated', 'generated / bare'],
    rows: Object.keys(pairs).map((name) => [
      name,
      us(name),
      us(oursOf(name)),
      ratio(oursOf(name), name).toFixed(2),
    ]),
    goals: [
      ...Object.keys(pairs).map((name) =>
        ratioGoal(`generated / bare ${name}`, ratio(oursOf(name), name), { most: 1.1 }),
      ),
      ratioGoal(`generated for @fastify/jwt / ${raw}`, ratio(oursOf('@fastify/jwt'), raw), { most: 1.5 }),
    ],
  };
}

type Verify = (token: string) => unknown;

function oursOf(library: string): string {
  return `generated for ${library}`;
}

/** Each token in turn, so that no cache of one answers. */
function rotating(verify: Verify): () => Promise<unknown> {
  let next = 0;
  return () => {
    next = (next + 1) % tokens.length;
    return Promise.resolve(verify(tokens[next] ?? ''));
  };
}

function verifyRaw(token: string): unknown {
  const end = token.lastIndexOf('.');
  const expected = createHmac('sha256', secret).update(token.slice(0, end)).digest();
  if (!timingSafeEqual(expected, Buffer.from(token.slice(end + 1), 'base64url')))
    throw new Error('signature');
  const [header = '', payload = ''] = token.split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string };
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number };
  if (alg !== 'HS256' || claims.exp * 1_000 < Date.now()) throw new Error('claims');
  return claims;
}
