import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';

const user = 'services/user-service/src';
const middleware = `${user}/middleware/auth.middleware.ts`;

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('metrics');
});
afterEach(() => {
  deleteGeneratedRepo('metrics');
});

describe('add-s2s-metrics', () => {
  it('keeps what was edited in the client and in the middleware', async () => {
    await repo.run('add-s2s --target user --protect usersRoutes');
    const edit = (path: string, from: string, to: string): void => {
      repo.edit(path, (text) => text.replace(from, to));
    };
    edit(`${user}/utils/service-client.ts`, '1_048_576', '2_097_152');
    edit(middleware, '/** Null on routes', '/** Always null on routes');
    await repo.run('add-s2s-metrics --target user --allow-dirty');
    expect(repo.read(`${user}/utils/service-client.ts`)).toContain('2_097_152');
    expect(repo.read(`${user}/utils/service-client.ts`)).toMatch(
      /defaultObserver,[^;]+ from '.*service-diagnostics/,
    );
    expect(repo.read(middleware)).toContain('/** Always null on routes');
    expect(repo.read(middleware)).toContain('options.onVerified ?? tokenVerified');
  });

  it('refuses to write over lines that were edited, and changes nothing', async () => {
    await repo.run('add-service-client --target user');
    repo.edit(`${user}/utils/service-client.ts`, (text) =>
      text.replace(/(from '.*client-observer.*';)/, '$1 // told of each call'),
    );
    const before = repo.tree;
    const plan = await repo.plan('add-s2s-metrics --target user --allow-dirty');
    expect(plan).toMatchObject({ ok: false, obstacles: [{ code: 'E_FILE_EDITED' }] });
    expect(repo.tree).toEqual(before);
  });

  it('is met by a middleware that comes later: it publishes, and leaves /metrics open', async () => {
    await repo.run('add-s2s-metrics --target user');
    await repo.run('add-auth-middleware --target user --protect all --public /health');
    expect(repo.read(middleware)).toContain('options.onVerified ?? tokenVerified');
    expect(repo.read(`${user}/app.ts`)).toContain("publicRoutes: ['GET /metrics', 'GET /health']");
    const status = await repo.plan('s2s-status');
    expect(status).toMatchObject({ ok: true, findings: [] });
  });

  it('leaves /metrics open where the import of the middleware was renamed', async () => {
    await repo.run('add-auth-middleware --target user --protect all --public /health');
    repo.edit(`${user}/app.ts`, (text) => text.replaceAll('authMiddleware', 'authentication'));
    await repo.run('add-s2s-metrics --target user --allow-dirty');
    expect(repo.read(`${user}/app.ts`)).toContain("publicRoutes: ['GET /health', 'GET /metrics']");
    expect(await repo.plan('add-s2s-metrics --target user')).toMatchObject({ ok: true, edits: [] });
  });

  it('leaves the hooks out that were taken out since', async () => {
    await repo.run('add-s2s --target user --protect usersRoutes');
    repo.edit(`${user}/routes/users.routes.ts`, (text) => text.replace(/.*app\.authenticate.*\n\n?/, ''));
    await repo.run('add-s2s-metrics --target user --allow-dirty');
    expect(repo.read(`${user}/routes/users.routes.ts`)).not.toContain('authenticate');
  });

  it('has one dashboard for all services, which goes with the last of them', async () => {
    await repo.run('add-s2s-metrics --target user');
    const before = repo.read('monitoring/grafana-dashboard.json');
    await repo.run('add-s2s-metrics --target billing');
    expect(repo.read('monitoring/grafana-dashboard.json')).toBe(before);
    await repo.run('s2s-undo --target user --allow-dirty');
    expect(repo.read('monitoring/grafana-dashboard.json')).toBe(before);
    await repo.run('s2s-undo --target billing --allow-dirty');
    expect(repo.tree).toEqual(repo.original);
  });

  it('tells of a registry that it cannot reach', async () => {
    repo.write(
      `${user}/metrics.ts`,
      "import { Registry } from 'prom-client';\nconst registry = new Registry();\nregistry.clear();\n",
    );
    const plan = await repo.run('add-s2s-metrics --target user --allow-dirty');
    expect(plan.notes.join('\n')).toContain('pass it to serviceMetrics as the option registry');
  });
});
