import { afterEach, beforeEach, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';

const user = 'services/user-service';

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('url-variable');
});
afterEach(() => {
  deleteGeneratedRepo('url-variable');
});

it('uses the variable that a service has for the URL of the auth service, in its code and tests', async () => {
  repo.edit(`${user}/.env.example`, (text) => `${text}AUTH_URL=http://localhost:3001\n`);
  await repo.run('add-s2s --target user --protect usersRoutes');
  // authentication.ts has the usual name as a default, which the middleware replaces.
  const generated = [...repo.tree].filter(
    ([path]) => path.startsWith(user) && !repo.original.has(path) && !path.endsWith('authentication.ts'),
  );
  const texts = generated.map(([, text]) => text).join('\n');
  expect(texts).not.toContain('AUTH_SERVICE_URL');
  expect(texts).toContain('AUTH_URL: auth.origin');
  expect(texts).toContain("{ url: 'AUTH_URL' }");
  expect(repo.read(`${user}/.env.example`).match(/AUTH_\w*URL/g)).toEqual(['AUTH_URL']);
  expect(await repo.plan('add-s2s --target user --protect usersRoutes')).toMatchObject({ edits: [] });
});

it('puts the monitoring where the repo has its own', async () => {
  repo.write('prometheus.yml', 'scrape_configs: []\n');
  expect(await monitored()).toContain('monitoring/prometheus-rules.yml');
  repo.remove('prometheus.yml');
  repo.write('services/prometheus.yml', 'scrape_configs: []\n');
  expect(await monitored()).toContain('services/prometheus-rules.yml');
});

async function monitored(): Promise<readonly string[]> {
  const plan = await repo.plan('add-s2s-metrics --target user');
  return plan.ok ? plan.edits.map(({ path }) => path) : [];
}
