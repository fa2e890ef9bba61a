import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import type { Case, Command } from '../helpers/case.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';
import { readTree } from '../helpers/tree.ts';

const jobsDir = 'services/jobs-service';
/** A service more, and plugins more: inside of one that gets a list, and beside it. */
const files: Case['files'] = {
  [`${jobsDir}/package.json`]: JSON.stringify({
    name: 'jobs-service',
    type: 'module',
    dependencies: { fastify: '^5.12.0' },
  }),
  [`${jobsDir}/src/app.ts`]: `import Fastify, { type FastifyInstance } from 'fastify';

export async function buildApp(options: { logger?: boolean } = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: options.logger ?? true });
  app.get('/health', async () => ({ status: 'ok' }));
  return app;
}
`,
  'services/user-service/src/routes/admin.routes.ts': `import type { FastifyInstance } from 'fastify';

async function auditRoutes(app: FastifyInstance): Promise<void> {
  app.get('/', async () => ({}));
}

export async function adminRoutes(app: FastifyInstance, options: object): Promise<void> {
  app.get('/', async (request) => ({ service: request.service }));
  await app.register(auditRoutes, { ...options, prefix: '/audit' });
}
`,
  'services/user-service/src/app.ts': (text) =>
    text
      .replace('import { users', "import { adminRoutes } from './routes/admin.routes.js';\nimport { users")
      .replace('\n  return app', "  await app.register(adminRoutes, { prefix: '/admin' });\n\n  return app"),
};

// Edges of generated services, over HTTP: billing may call users, jobs may call admin, users may call invoices.
const folder = '.security-service-edges';
const apps: FastifyInstance[] = [];
let root = '';
let origin = '';
let invoices = '';
type Caller = FastifyInstance & { serviceToken: (audience: string) => string };
let auth: FastifyInstance;
let userService: Caller;
let billing: Caller;
let jobs: Caller;

const run = ({ args, generator }: Command): Promise<Plan> =>
  runCommand({ generator, args: [...args, '--no-format'] }, root);
const tokens = (target: string, allow: string, protect: string): Promise<Plan> =>
  run({
    generator: 'add-service-tokens',
    args: ['--target', target, '--allow', allow, '--protect', protect],
  });

beforeAll(async () => {
  vi.stubEnv('REDIS_URL', '');
  vi.stubEnv('JWT_SECRET', 'a-secret-of-at-least-thirty-two-bytes');
  root = materialize(folder, { fixture: 'npm-workspaces', args: [], files });
  const keys = ['--keys', 'es256', '--blacklist', 'memory'];
  await run({ generator: 'add-auth-verify', args: keys });
  const protect = ['--target', 'user', '--protect', 'usersRoutes,adminRoutes'];
  await run({ generator: 'add-auth-middleware', args: protect });
  await tokens('user', 'billing-service', 'usersRoutes');
  // Another service for other routes of the same callee.
  await tokens('user', 'jobs-service', 'adminRoutes');
  // The other way round, where all routes have the guard; and what is allowed already, once more.
  const all = ['--target', 'billing', '--protect', 'all', '--public', 'GET /health'];
  await run({ generator: 'add-auth-middleware', args: all });
  await tokens('billing', 'user-service', 'invoicesRoutes');
  await tokens('user', 'billing-service', 'usersRoutes');
  // Both have to know where the other one is before it is started.
  const port = await findFreePort();
  vi.stubEnv('USER_SERVICE_URL', `http://127.0.0.1:${String(port)}`);
  auth = await start('auth-service');
  vi.stubEnv('AUTH_SERVICE_URL', await listen(auth));
  billing = (await start('billing-service')) as typeof billing;
  jobs = (await start('jobs-service')) as typeof jobs;
  invoices = await listen(billing);
  vi.stubEnv('BILLING_SERVICE_URL', invoices);
  vi.stubEnv('JOBS_SERVICE_URL', await listen(jobs));
  userService = (await start('user-service')) as typeof userService;
  origin = await userService.listen({ port, host: '127.0.0.1' });
});

afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  vi.unstubAllEnvs();
  rmSync(join(projectRoot, '.cases', folder), { recursive: true, force: true });
});

const listen = (app: FastifyInstance): Promise<string> => app.listen({ port: 0, host: '127.0.0.1' });

async function start(service: string): Promise<FastifyInstance> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  vi.stubEnv('SIGNING_KEYS', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const { buildApp } = (await import(join(root, `services/${service}/src/app.ts`))) as {
    buildApp: (options: object) => Promise<FastifyInstance>;
  };
  const app = await buildApp({ logger: false });
  apps.push(app);
  return app;
}

const statusOf = async (path: string, token: string): Promise<number> =>
  (await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;

const listsOf = (text: string): readonly string[] => text.match(/allowedServices: \[[^\]]*\]/g) ?? [];
const appOfUsers = (): string => join(root, 'services/user-service/src/app.ts');

describe('a service that another one allows', () => {
  it('is let in with its own key, as long as that is its own', async () => {
    const user = auth.signToken({ sub: 'ada' }, 60);
    const own = billing.serviceToken('user-service');
    expect(await statusOf('/users', own)).toBe(200);
    expect(await statusOf('/users', user)).toBe(200);
    expect(await statusOf('/users', billing.serviceToken('auth-service'))).toBe(401);
    const [head, body, signature] = own.split('.');
    const other = { alg: 'ES256', typ: 'JWT', kid: 'x' };
    const renamed = Buffer.from(JSON.stringify(other)).toString('base64url');
    const forged = [
      `${renamed}.${String(body)}.${String(signature)}`,
      `${String(head)}.${user.split('.')[1] ?? ''}.${String(signature)}`,
    ];
    for (const token of forged) expect(await statusOf('/users', token)).toBe(401);
  });

  it('is let in where its edge is, not where that of another service is', async () => {
    const [ofBilling, ofJobs] = [billing, jobs].map((one) => one.serviceToken('user-service'));
    const answer = await fetch(`${origin}/admin`, { headers: { authorization: `Bearer ${ofJobs ?? ''}` } });
    expect(await answer.json()).toEqual({ service: { name: 'jobs-service' } });
    expect(await statusOf('/users', ofJobs ?? '')).toBe(401);
    expect(await statusOf('/admin', ofBilling ?? '')).toBe(401);
    // Inside of the plugin, with the options passed on.
    expect(await statusOf('/admin/audit', ofJobs ?? '')).toBe(401);
    expect(await statusOf('/admin/audit', auth.signToken({ sub: 'ada' }, 60))).toBe(200);
    expect(await statusOf('/admin', userService.serviceToken('user-service'))).toBe(401);
  });

  it('is let in by the guard of all routes as well', async () => {
    const ask = async (path: string, token: string): Promise<number> =>
      (await fetch(`${invoices}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask('/invoices', userService.serviceToken('billing-service'))).toBe(200);
    expect(await ask('/invoices', userService.serviceToken('user-service'))).toBe(401);
    expect(await ask('/invoices', jobs.serviceToken('billing-service'))).toBe(401);
    expect(await ask('/invoices', billing.serviceToken('billing-service'))).toBe(401);
    expect(await ask('/nothing', userService.serviceToken('billing-service'))).toBe(401);
    expect(await ask('/invoices', '')).toBe(401);
  });

  it('stands where the plugin is registered: runs join nothing, and bring back nothing that was taken out', async () => {
    const text = readFileSync(appOfUsers(), 'utf8');
    expect(listsOf(text)).toEqual([
      "allowedServices: ['billing-service']",
      "allowedServices: ['jobs-service']",
    ]);
    writeFileSync(appOfUsers(), text.replace("['jobs-service']", '[]'));
    await run({ generator: 's2s-upgrade', args: [] });
    await run({ generator: 'add-service-tokens', args: ['--target', 'user'] });
    expect(listsOf(readFileSync(appOfUsers(), 'utf8'))).toEqual([
      "allowedServices: ['billing-service']",
      'allowedServices: []',
    ]);
    const middleware = readFileSync(
      join(root, 'services/user-service/src/middleware/auth.middleware.ts'),
      'utf8',
    );
    expect(middleware).toContain('BILLING_SERVICE_URL');
    expect(middleware).not.toContain('JOBS_SERVICE_URL');
    writeFileSync(appOfUsers(), text);
    await run({ generator: 's2s-upgrade', args: [] });
  });

  it('goes with an undo, at both ends', async () => {
    await runCommand({ generator: 's2s-undo', args: ['--generator', 'add-service-tokens', '--yes'] }, root);
    const left = [...readTree(root).entries()].filter(([, text]) =>
      /allowedServices|acceptServices|serviceToken/.test(text),
    );
    expect(left.map(([file]) => file)).toEqual([]);
  });
});
