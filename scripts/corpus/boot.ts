import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import type { Service } from '../../generators/_engine/model/service.ts';
import { childEnvironment } from '../../test/helpers/child-environment.ts';
import { findFreePort } from '../../test/helpers/free-port.ts';
import { projectRoot } from '../../test/helpers/project-root.ts';
import { environmentOf } from './environment.ts';
import { answerLimitMs, startLimitMs } from './limits.ts';
import { askRoutes, type RouteAnswers } from './routes.ts';
import { signToken } from './token.ts';

/** `boots`, or the reason why a service does not, in its own words. */
export interface Boot {
  readonly boots: boolean;
  readonly reason: string;
  /** Status of the verify route for what is no token and for one that the service's secret signs; absent when not asked. */
  readonly verify?: readonly number[];
  /** What each route answers; empty when it does not start. */
  readonly routes: RouteAnswers;
}

/**
 * Starts a service as a process of its own with the values of its env example, beside an auth service that accepts what
 * its secret signs, and asks its routes.
 */
export async function bootOnce(root: string, service: Service, verifyPath?: string): Promise<Boot> {
  const port = await findFreePort();
  const tsx = pathToFileURL(join(projectRoot, 'node_modules/tsx/dist/loader.mjs')).href;
  const folder = mkdtempSync(join(tmpdir(), 's2s-corpus-routes-'));
  const list = join(folder, 'routes');
  const own = environmentOf(root, service, port);
  const signed = signToken(root, service, own);
  const auth = await startAuth(signed);
  const env = { ...own, AUTH_SERVICE_URL: auth.origin, CORPUS_ROUTES: list };
  const entry =
    service.app.entry === undefined
      ? join(projectRoot, 'test/helpers/serve-plugin.ts')
      : join(root, service.app.entry);
  const preload = new URL('list-routes.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', preload, '--import', tsx, entry], {
    cwd: join(root, service.dir),
    env: childEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  const ports = [
    port,
    ...(service.app.listen.defaultPort === undefined ? [] : [service.app.listen.defaultPort]),
  ];
  try {
    const origin = await waitUntilAnswering(ports, child);
    if (origin === undefined) return { boots: false, reason: reasonOf(output), routes: new Map() };
    // Before all routes: one of them may be the logout, which revokes the token.
    const verify =
      verifyPath === undefined
        ? undefined
        : [
            await ask(`${origin}${verifyPath}`, 'no token', own),
            await ask(`${origin}${verifyPath}`, signed, own),
          ];
    const routes = await askRoutes(origin, list, signed);
    const statuses = [...routes.values()].flatMap(({ owner, stranger }) => [owner, stranger]);
    if (statuses.length > 0 && statuses.every((one) => one >= 500))
      return { boots: false, reason: 'it answers each route with 5xx', routes: new Map() };
    if (verify === undefined) return { boots: true, reason: '', routes };
    return { boots: true, reason: verify.includes(500) ? output.join('').slice(-2_000) : '', verify, routes };
  } finally {
    child.kill('SIGKILL');
    auth.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An auth service that knows one token. */
async function startAuth(token: string): Promise<Readonly<{ origin: string; stop: () => void }>> {
  const server = createServer((request, response) => {
    const chunks: string[] = [];
    request.on('data', (chunk) => chunks.push(String(chunk)));
    request.on('end', () => {
      const isGood = chunks.join('').includes(token);
      const body = isGood
        ? { valid: true, userId: '1' }
        : { valid: false, error: 'invalid', code: 'invalid' };
      response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${String(port)}`, stop: () => server.close() };
}

async function waitUntilAnswering(
  ports: readonly number[],
  child: ChildProcess,
): Promise<string | undefined> {
  const giveUpAt = Date.now() + startLimitMs;
  while (Date.now() < giveUpAt && child.exitCode === null) {
    for (const port of ports) {
      const origin = `http://127.0.0.1:${String(port)}`;
      const answers = await fetch(origin, { signal: AbortSignal.timeout(2_000) }).then(
        () => true,
        () => false,
      );
      if (answers) return origin;
    }
    await sleep(200);
  }
  return undefined;
}

/** As a consumer does, with the secret of services that the environment of both has. */
async function ask(url: string, token: string, env: Readonly<Record<string, string>>): Promise<number> {
  const secret = env['SERVICE_AUTH_SECRET'];
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(secret !== undefined && { 'x-service-secret': secret }),
    },
    body: JSON.stringify({ token }),
    signal: AbortSignal.timeout(answerLimitMs),
  });
  await response.text();
  return response.status;
}

function reasonOf(output: readonly string[]): string {
  const lines = output.join('').split('\n');
  const told =
    lines.find((line) => /^\s*(\w*Error\b|Error \[)|"level":(50|60)/.test(line)) ??
    lines.find((line) => /required|refused|cannot/i.test(line)) ??
    lines.find((line) => line.trim() !== '');
  const message = /"message":"([^"]*)"/.exec(told ?? '')?.[1];
  return (message ?? told ?? 'it does not answer').trim().replaceAll('|', '/').slice(0, 120);
}
