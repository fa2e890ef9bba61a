import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { plan } from '../../plopfile.ts';
import { testCase as sentinel } from '../cases/add-auth-verify/redis-sentinel/case.ts';
import type { Case } from '../helpers/case.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { assertAnswers, findServer, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import {
  generateAuthService,
  newToken,
  type StartAuthService,
  statusOf,
} from '../runtime/faults/auth-service.ts';

const ids = ['security-sentinel', 'security-cluster'];
afterAll(() => {
  for (const id of ids) rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
});

describe('13a the verify route behind Sentinel', () => {
  const folder = mkdtempSync(join(tmpdir(), 's2s-sentinel-'));
  let redis: RedisServer;
  let watcher: ChildProcess | undefined;
  let start: StartAuthService;
  let app: FastifyInstance | undefined;

  beforeAll(async () => {
    redis = await startRedis();
    start = await generateAuthService('security-sentinel', sentinel);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    delete process.env['SENTINEL_PORT'];
  });
  afterAll(async () => {
    delete process.env['REDIS_URL'];
    delete process.env['JWT_SECRET'];
    watcher?.kill('SIGKILL');
    redis.process.kill('SIGCONT');
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startSentinel(): Promise<number> {
    const port = await findFreePort();
    const conf = join(folder, 'sentinel.conf');
    const monitor = `sentinel monitor primary 127.0.0.1 ${String(redis.port)} 1`;
    const patience = 'sentinel down-after-milliseconds primary 60000';
    writeFileSync(conf, `port ${String(port)}\nbind 127.0.0.1\ndir ${folder}\n${monitor}\n${patience}\n`);
    watcher = spawn(findServer() ?? 'redis-server', [conf, '--sentinel'], { stdio: 'ignore' });
    await assertAnswers(`redis://127.0.0.1:${String(port)}`);
    return port;
  }

  /** Status of a verification, and the milliseconds that it took. */
  async function verify(verified: FastifyInstance): Promise<readonly [number, number]> {
    const startedAt = performance.now();
    const status = await statusOf(verified, newToken(verified));
    return [status, performance.now() - startedAt];
  }

  it('starts without any Sentinel, and says 503 at once', async () => {
    process.env['SENTINEL_PORT'] = '1';
    app = await start(redis.url);
    for (let call = 0; call < 5; call += 1) {
      const [status, ms] = await verify(app);
      expect(status).toBe(503);
      expect(ms).toBeLessThan(500);
    }
  });

  it('asks the primary, and says 503 in time when that stands still', async () => {
    process.env['SENTINEL_PORT'] = String(await startSentinel());
    app = await start(redis.url);
    expect((await verify(app))[0]).toBe(200);

    redis.process.kill('SIGSTOP');
    const [status, ms] = await verify(app);
    expect(status).toBe(503);
    expect(ms).toBeLessThan(3_000);
    for (let call = 0; call < 3; call += 1) {
      const [later, fast] = await verify(app);
      expect(later).toBe(503);
      expect(fast).toBeLessThan(500);
    }
    redis.process.kill('SIGCONT');
    const running = app;
    await expect.poll(async () => (await verify(running))[0], { timeout: 5_000 }).toBe(200);
  });
});

describe('13a a client of several nodes', () => {
  const plugin = 'services/auth-service/src/plugins/redis.ts';
  const manifest = 'services/auth-service/package.json';
  const onNodeRedis = (text: string): string => text.replace('"ioredis": "^5.9.0"', '"redis": "^5.8.0"');
  const withFastifyRedis = (text: string): string =>
    text.replace('"ioredis": ', '"@fastify/redis": "^7.0.0",\n    "ioredis": ');
  const decorating = (imports: string, client: string): string =>
    `import fp from 'fastify-plugin';\n${imports}\n` +
    `export default fp((app, _options, done) => {\n  app.decorate('redis', ${client});\n  done();\n});\n`;

  const clients: readonly (readonly [string, Case['files']])[] = [
    [
      'Cluster of ioredis',
      { [plugin]: decorating("import { Cluster } from 'ioredis';", "new Cluster(['redis://a:1'])") },
    ],
    [
      'Redis.Cluster of the default export',
      { [plugin]: decorating("import Redis from 'ioredis';", "new Redis.Cluster(['redis://a:1'])") },
    ],
    [
      'Cluster of the namespace',
      { [plugin]: decorating("import * as redis from 'ioredis';", "new redis.Cluster(['redis://a:1'])") },
    ],
    [
      'Cluster by another name',
      { [plugin]: decorating("import { Cluster as Redis } from 'ioredis';", "new Redis(['redis://a:1'])") },
    ],
    [
      'createCluster of node-redis',
      {
        [manifest]: onNodeRedis,
        [plugin]: decorating("import { createCluster } from 'redis';", 'createCluster({ rootNodes: [] })'),
      },
    ],
    [
      'createSentinel of node-redis by another name',
      {
        [manifest]: onNodeRedis,
        [plugin]: decorating(
          "import { createSentinel as createClient } from 'redis';",
          "createClient({ name: 'primary', sentinelRootNodes: [] })",
        ),
      },
    ],
    [
      'a cluster that no other file can reach',
      {
        'services/auth-service/src/cache.ts':
          "import { Cluster } from 'ioredis';\nconst nodes = new Cluster([]);\nexport const get = (key: string) => nodes.get(key);\n",
        [plugin]: 'export default async () => {};\n',
      },
    ],
    [
      '@fastify/redis with a cluster of its own',
      {
        [manifest]: withFastifyRedis,
        [plugin]:
          "import fp from 'fastify-plugin';\nimport redis from '@fastify/redis';\n" +
          "export default fp(async (app) => {\n  await app.register(redis, { cluster: [{ host: 'a', port: 1 }] });\n});\n",
      },
    ],
    [
      '@fastify/redis with a cluster that it is given',
      {
        [manifest]: withFastifyRedis,
        [plugin]:
          "import fp from 'fastify-plugin';\nimport redis from '@fastify/redis';\nimport { Cluster } from 'ioredis';\n" +
          'export default fp(async (app) => {\n  await app.register(redis, { client: new Cluster([]) });\n});\n',
      },
    ],
  ];

  it.each(clients)('%s is refused by place', async (_name, files) => {
    const root = materialize('security-cluster', {
      fixture: 'npm-workspaces',
      args: [],
      ...(files && { files }),
    });
    const refused = await plan('add-auth-verify', { target: 'auth', blacklist: 'redis' }, root);
    expect(refused).toMatchObject({ ok: false, obstacles: [{ code: 'E_REDIS_CLUSTER' }] });
    if (refused.ok) return;
    const [{ at, remedy }] = refused.obstacles;
    expect(at?.path).toMatch(/^services\/auth-service\/src\/(?:plugins\/redis|cache)\.ts$/u);
    expect(at?.line).toBeGreaterThan(1);
    expect(remedy).toContain('--blacklist memory');
  });

  it('is no obstacle to memory, and one to a rate limit', async () => {
    const files = clients[0]?.[1] ?? {};
    const root = materialize('security-cluster', { fixture: 'npm-workspaces', args: [], files });
    const verify = await plan('add-auth-verify', { target: 'auth', blacklist: 'memory' }, root);
    expect(verify).toMatchObject({ ok: true });
    const limited = await plan('add-s2s-rate-limit', { target: 'auth', store: 'redis' }, root);
    expect(limited).toMatchObject({ ok: false, obstacles: [{ code: 'E_REDIS_CLUSTER' }] });
  });

  it('beside one of a single node, which can be reached, is no obstacle', async () => {
    const root = materialize('security-cluster', {
      fixture: 'npm-workspaces',
      args: [],
      files: {
        'services/auth-service/src/cache.ts':
          "import { Cluster } from 'ioredis';\nconst nodes = new Cluster([]);\nexport const get = (key: string) => nodes.get(key);\n",
      },
    });
    expect(await plan('add-auth-verify', { target: 'auth' }, root)).toMatchObject({ ok: true });
  });
});
