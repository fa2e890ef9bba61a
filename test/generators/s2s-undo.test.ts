import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { changedFiles } from '../helpers/tree.ts';

const user = 'services/user-service';
const everything = 'add-s2s --target user --protect usersRoutes';

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('undo');
});
afterEach(() => {
  deleteGeneratedRepo('undo');
});

/** The files that are not as they were before anything was generated. */
function changed(): readonly string[] {
  return [...changedFiles(repo.original, repo.tree).keys()].sort();
}

async function refusal(line: string): Promise<readonly string[]> {
  const before = repo.tree;
  const plan = await repo.plan(line);
  expect(repo.tree).toEqual(before);
  return plan.ok ? [] : plan.obstacles.map(({ code, at }) => `${code} ${at?.path ?? ''}`);
}

describe('s2s-undo', () => {
  it('gives the original bytes back, and has nothing to do the second time', async () => {
    await repo.run(everything);
    expect(changed().length).toBeGreaterThan(15);
    await repo.run('s2s-undo');
    expect(changed()).toEqual([]);
    const again = await repo.plan('s2s-undo');
    expect(again).toMatchObject({
      ok: true,
      edits: [],
      notes: [expect.stringContaining('Nothing is recorded')],
    });
  });

  it('takes one generator back, which others stand beside', async () => {
    await repo.run('add-auth-middleware --target user --protect usersRoutes');
    const before = repo.tree;
    await repo.run('add-s2s-discovery --target user --source dns');
    expect(repo.read(`${user}/src/app.ts`)).toContain(
      'register(authMiddleware, { connect: connectService })',
    );
    expect(await refusal('s2s-undo --generator add-auth-middleware')).not.toEqual([]);
    await repo.run('s2s-undo --generator add-s2s-discovery');
    expect([...changedFiles(before, repo.tree).keys()]).toEqual([]);
    await repo.run('s2s-undo');
    expect(changed()).toEqual([]);
  });

  it('takes out only what was added after later edits elsewhere in the same files', async () => {
    await repo.run(everything);
    const mine = (text: string): string =>
      text
        .replace('import authMiddleware', "import './mine.js';\nimport authMiddleware")
        .replace('  return app;', '  app.log.info("mine");\n\n  return app;');
    repo.edit(`${user}/src/app.ts`, mine);
    repo.edit(`${user}/package.json`, (text) => text.replace('"version": "1.0.0"', '"version": "1.0.1"'));
    await repo.run('s2s-undo');
    const original = Buffer.from(repo.original.get(`${user}/src/app.ts`) ?? '', 'latin1').toString();
    expect(repo.read(`${user}/src/app.ts`)).toBe(
      original
        .replace('import databasePlugin', "import './mine.js';\nimport databasePlugin")
        .replace('  return app;', '  app.log.info("mine");\n\n  return app;'),
    );
    expect(changed()).toEqual([`${user}/package.json`, `${user}/src/app.ts`]);
    expect(repo.read(`${user}/package.json`)).not.toContain('undici');
  });

  it('refuses on lines that were edited since, every place at once, with the diff', async () => {
    await repo.run(everything);
    repo.edit(`${user}/src/utils/circuit-breaker.ts`, (text) => text.replace('?? 5', '?? 7'));
    repo.edit(`${user}/.env.example`, (text) => text.replace(':3001', ':3999'));
    expect(await refusal('s2s-undo')).toEqual([
      `E_FILE_EDITED ${user}/src/utils/circuit-breaker.ts`,
      `E_FILE_EDITED ${user}/.env.example`,
    ]);
    const plan = await repo.plan('s2s-undo');
    expect(plan.ok ? '' : plan.obstacles.map(({ message }) => message).join('\n')).toMatch(/\+.*\?\? 7/);
  });

  it('cuts the diff of a refusal to what a reader needs', async () => {
    await repo.run(everything);
    repo.edit(`${user}/src/utils/service-client.ts`, (text) =>
      text.replaceAll(/^( +)return/gm, '$1// Mine.\n$&'),
    );
    const plan = await repo.plan('s2s-undo');
    const [message = ''] = plan.ok ? [] : plan.obstacles.map((obstacle) => obstacle.message);
    expect(message).toContain('+');
    expect(message.split('\n').length).toBeLessThanOrEqual(23);
    expect(message).toMatch(/\n… \d+ more lines$/);
  });

  it('lets edited generated files go with --force', async () => {
    await repo.run(everything);
    repo.edit(`${user}/src/utils/circuit-breaker.ts`, (text) => text.replace('?? 5', '?? 7'));
    await repo.run('s2s-undo --force');
    expect(changed()).toEqual([]);
  });

  it('passes over what is gone already', async () => {
    await repo.run(everything);
    repo.remove(`${user}/src/utils/circuit-breaker.ts`);
    repo.edit(`${user}/src/app.ts`, (text) =>
      text
        .split('\n')
        .filter((line) => !line.includes('authMiddleware'))
        .join('\n'),
    );
    await repo.run('s2s-undo');
    expect(changed()).toEqual([`${user}/src/app.ts`]);
  });

  it('takes back one generator and leaves the others', async () => {
    await repo.run('add-service-client --target user');
    const before = repo.tree;
    await repo.run('add-auth-middleware --target user --protect none');
    await repo.run('s2s-undo --generator add-auth-middleware');
    expect([...changedFiles(before, repo.tree).keys()]).toEqual([]);
    expect(await refusal('s2s-undo --generator add-auth-verify')).toEqual(['E_INVALID_FLAG ']);
  });

  it('takes back one service and leaves the others', async () => {
    await repo.run('add-circuit-breaker --target user');
    const before = repo.tree;
    await repo.run('add-circuit-breaker --target billing');
    await repo.run('s2s-undo --target billing');
    expect([...changedFiles(before, repo.tree).keys()]).toEqual([]);
  });

  it('refuses to take a file that other code imports', async () => {
    await repo.run('add-service-client --target user');
    await repo.run('add-auth-middleware --target user --protect none');
    repo.write(
      `${user}/src/mine.ts`,
      "import { CircuitBreaker } from './utils/circuit-breaker.js';\nnew CircuitBreaker();\n",
    );
    expect(await refusal('s2s-undo --generator add-service-client')).toContain(
      `E_IN_USE ${user}/src/utils/authentication.ts`,
    );
    expect(await refusal('s2s-undo')).toEqual([`E_IN_USE ${user}/src/mine.ts`]);
  });

  it('refuses while other code uses what a plugin decorates, at every place', async () => {
    await repo.run(everything);
    const mine = `${user}/src/routes/mine.routes.ts`;
    repo.write(
      mine,
      [
        "import type { FastifyInstance } from 'fastify';",
        "import passport from 'passport';",
        'export function mine(app: FastifyInstance, session: { user: string }) {',
        "  app.get('/mine', { onRequest: app.authenticate }, (request) => request.user?.userId);",
        "  app.get('/other', passport.authenticate('basic'), () => session.user);",
        '  const { authenticate: ours } = app;',
        '  return ours;',
        '}',
        'export class Mine {',
        '  constructor(private readonly web: FastifyInstance, private readonly users: Users) {}',
        "  guard = (): unknown => this.web.authenticate ?? this.users.authenticate('name');",
        '  who = ({ user }: FastifyRequest): unknown => user;',
        '  id = (given: unknown): unknown => (given as FastifyRequest).user ?? (this.web as any)["authenticate"];',
        '}',
        '',
      ].join('\n'),
    );
    const logout = 'services/auth-service/src/logout.ts';
    repo.write(logout, 'export const out = (app: any, token: string) => app.tokenBlacklist.revoke(token);\n');
    const plan = await repo.plan('s2s-undo');
    expect(plan.ok ? [] : plan.obstacles.map(({ code, message }) => `${code} ${message}`).sort()).toEqual(
      [
        `E_IN_USE ${logout}:1 uses app.tokenBlacklist, which would be removed.`,
        `E_IN_USE ${mine}:11 uses web.authenticate, which would be removed.`,
        `E_IN_USE ${mine}:12 uses request.user, which would be removed.`,
        `E_IN_USE ${mine}:13 uses request.user, which would be removed.`,
        `E_IN_USE ${mine}:13 uses web.authenticate, which would be removed.`,
        `E_IN_USE ${mine}:4 uses app.authenticate, which would be removed.`,
        `E_IN_USE ${mine}:4 uses request.user, which would be removed.`,
        `E_IN_USE ${mine}:6 uses app.authenticate, which would be removed.`,
      ].sort(),
    );
  });

  it('does not miss what other code decorates by now', async () => {
    await repo.run(everything);
    repo.write(
      `${user}/src/mine.ts`,
      "export const mine = (app: any) => app.decorate('authenticate', null) && app.authenticate;\n",
    );
    await repo.run('s2s-undo');
    expect(changed()).toEqual([`${user}/src/mine.ts`]);
  });

  it('leaves a dependency and a variable that other code uses by now', async () => {
    await repo.run(everything);
    repo.write(
      `${user}/src/mine.ts`,
      "import { Pool } from 'undici';\nexport const pool = new Pool(process.env['AUTH_SERVICE_URL'] ?? '');\n",
    );
    const { notes } = await repo.run('s2s-undo');
    expect(notes).toEqual([
      `undici stays in ${user}/package.json: mine.ts uses it.`,
      `AUTH_SERVICE_URL stays in ${user}/.env.example: mine.ts uses it.`,
    ]);
    expect(changed()).toEqual([`${user}/.env.example`, `${user}/package.json`, `${user}/src/mine.ts`]);
    expect(repo.read(`${user}/package.json`)).toContain('undici');
  });

  it('refuses a registration that was given options since, with both lines, and leaves nothing broken', async () => {
    await repo.run(everything);
    const app = `${user}/src/app.ts`;
    const ours = /^ *(await app\.register\(authMiddleware\);)$/m.exec(repo.read(app))?.[1] ?? '';
    repo.edit(app, (text) => text.replace(ours, 'await app.register(authMiddleware, { timeout: 1 });'));
    const plan = await repo.plan('s2s-undo');
    const line =
      repo
        .read(app)
        .split('\n')
        .findIndex((one) => one.includes('timeout: 1')) + 1;
    expect(plan).toMatchObject({
      ok: false,
      obstacles: [{ code: 'E_FILE_EDITED', at: { path: app, line } }],
    });
    expect(plan.ok ? '' : plan.obstacles[0].message).toContain(
      `-${ours}\n+await app.register(authMiddleware, { timeout: 1 });`,
    );
  });

  it('refuses a guard that was edited since', async () => {
    await repo.run(everything);
    const routes = `${user}/src/routes/users.routes.ts`;
    repo.edit(routes, (text) =>
      text.replace("addHook('onRequest', app.auth", "addHook('preHandler', app.auth"),
    );
    expect(await refusal('s2s-undo')).toEqual([`E_FILE_EDITED ${routes}`]);
  });

  it('takes a dependency out that an update has given another version, beside others that changed', async () => {
    await repo.run(everything);
    const manifest = `${user}/package.json`;
    repo.edit(manifest, (text) =>
      text.replace(/"undici": "[^"]*"/, '"undici": "^7.99.0"').replace(/("fastify": ")[^"]*/, '$1^5.99.0'),
    );
    await repo.run('s2s-undo');
    expect(changed()).toEqual([manifest]);
    const original = Buffer.from(repo.original.get(manifest) ?? '', 'latin1').toString();
    expect(repo.read(manifest)).toBe(original.replace(/("fastify": ")[^"]*/, '$1^5.99.0'));
  });
});
