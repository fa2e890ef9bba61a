import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify';
import { Pool } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { apply } from '../../plopfile.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand } from '../helpers/run-command.ts';

const calls = process.env['S2S_DEEP'] === '1' ? 500_000 : 10_000;
const people = 1_000;
/** Whoever this is gets an answer that is true and 100 KB long. */
const talkative = people + 1;

let authService: Server;
let authOrigin = '';

/** Tokens of one length that differ in their last digits only. */
const tokenOf = (person: number): string => `header.payload.${String(person).padStart(20, '0')}`;

beforeAll(async () => {
  authService = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { token } = JSON.parse(Buffer.concat(chunks).toString()) as { token: string };
      const person = Number(token.slice(-20));
      const text = JSON.stringify({
        valid: true,
        userId: `user ${String(person)}`,
        tenantId: `tenant ${String(person)}`,
        ...(person === talkative && { more: 'x'.repeat(100_000) }),
      });
      const send = (): unknown => response.writeHead(200, { 'content-type': 'application/json' }).end(text);
      // Answers overtake one another.
      if (person % 3 === 0) setTimeout(send, randomInt(4));
      else send();
    });
  });
  authService.listen(0, '127.0.0.1');
  await new Promise((resolve) => authService.once('listening', resolve));
  authOrigin = `http://127.0.0.1:${String((authService.address() as AddressInfo).port)}`;
});

afterAll(() => {
  authService.close();
  authService.closeAllConnections();
});

async function buildApp(id: string, ...flags: readonly string[]): Promise<FastifyInstance> {
  const root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  const args = ['--target', 'user', '--protect', 'all', '--public', 'none', '--yes', ...flags];
  const plan = await planCommand({ generator: 'add-auth-middleware', args }, root);
  if (!plan.ok) throw new Error('The generator refused the fixture');
  await apply(plan, root);
  const file = join(root, 'services/user-service/src/middleware/auth.middleware.ts');
  const { default: plugin } = (await import(file)) as { default: FastifyPluginCallback };
  const app = Fastify();
  await app.register(plugin, { baseUrl: authOrigin, publicRoutes: [] } as object);
  app.get('/me', (request) => (request as unknown as { user: object }).user);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

it.each([
  ['asked about each time', []],
  ['kept for a while', ['--cache-ttl', '200']],
] as const)(
  'takes nobody for somebody else when tokens are %s',
  { timeout: 600_000 },
  async (name, flags) => {
    const id = `identity-${String(name.length)}`;
    const app = await buildApp(id, ...flags);
    const port = (app.server.address() as AddressInfo).port;
    const pool = new Pool(`http://127.0.0.1:${String(port)}`, { connections: 100 });
    let mixedUp = 0;
    let answered = 0;
    const lane = async (): Promise<void> => {
      for (let call = 0; call < calls / 100; call += 1) {
        // A few people come often, so that calls are shared.
        const person = randomInt(2) === 0 ? randomInt(10) : randomInt(people);
        const headers = { authorization: `Bearer ${tokenOf(person)}` };
        const answer = await pool.request({ path: '/me', method: 'GET', headers });
        const user = (await answer.body.json()) as { userId?: string; tenantId?: string };
        answered += answer.statusCode === 200 ? 1 : 0;
        const own = user.userId === `user ${String(person)}` && user.tenantId === `tenant ${String(person)}`;
        if (!own) mixedUp += 1;
      }
    };
    await Promise.all(Array.from({ length: 100 }, lane));
    expect({ mixedUp, answered }).toEqual({ mixedUp: 0, answered: calls });
    await pool.close();
    await app.close();
    rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
  },
);

it('takes no answer of the auth service that is longer than an identity needs', async () => {
  const id = 'identity-length';
  const app = await buildApp(id);
  const asked = (person: number) =>
    app.inject({ path: '/me', headers: { authorization: `Bearer ${tokenOf(person)}` } });
  expect((await asked(1)).statusCode).toBe(200);
  expect((await asked(talkative)).statusCode).toBe(503);
  await app.close();
  rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
});
