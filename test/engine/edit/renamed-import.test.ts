import { describe, expect, it } from 'vitest';

import { findGenerator } from '../../../generators/_engine/generator/registry.ts';
import type { Answers } from '../../../generators/_engine/model/generator.ts';
import type { Plan } from '../../../generators/_engine/model/plan.ts';
import type { Repo } from '../../../generators/_engine/model/repo.ts';
import { overlay } from '../../../generators/_engine/repo/draft.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { makePlan } from '../../../generators/_engine/plan/run.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const files = {
  'package.json': JSON.stringify({ name: 'user', type: 'module', dependencies: { fastify: '^5.0.0' } }),
  'tsconfig.json': '{}',
  'src/app.ts': `import fastify from 'fastify';

import { usersRoutes } from './routes/users.js';

const app = fastify();

app.register(usersRoutes);

await app.listen({ port: 3000 });
`,
  'src/routes/users.ts': `import type { FastifyInstance } from 'fastify';

export async function usersRoutes(app: FastifyInstance): Promise<void> {
  app.get('/users', () => []);
}
`,
};
const app = toRel('src/app.ts');

async function planOn(repo: Repo, id: string, answers: Answers): Promise<Plan> {
  const generator = await findGenerator(id);
  if (generator === undefined) throw new Error(`no ${id}`);
  const given = { ...answers, target: ['user'], allowDirty: true };
  return (await makePlan({ id, generator, given, root: repo.root }, repo)).plan;
}

function renamed(repo: Repo, change: (text: string) => string): Repo {
  const [base, text] = [repo.read(app) ?? '', change(repo.read(app) ?? '')];
  expect(text).not.toBe(base);
  const changes = [{ start: 0, end: base.length, text }];
  return overlay(repo, [{ kind: 'patch', path: app, role: 'registration', base, changes }]);
}

/** What the generators would do to the app file of a service in which an editor has renamed the import of a plugin. */
describe.each([
  ['add-auth-middleware', { protect: ['all'], auth: 'none' }, 'authMiddleware'],
  ['add-auth-middleware', { protect: ['usersRoutes'], auth: 'none' }, 'authMiddleware'],
  ['add-s2s-metrics', {}, 'serviceMetrics'],
] as const)('%s %o after its import was renamed', (id, answers, plugin) => {
  const pattern = new RegExp(`\\b${plugin}\\b`, 'g');

  it.each([
    ['a name of its own', (text: string) => text.replace(pattern, 'guard')],
    [
      'a specifier',
      (text: string) =>
        text.replace(`import ${plugin} from`, `import { default as guard } from`).replace(pattern, 'guard'),
    ],
    [
      'a name without an extension',
      (text: string) => text.replace(pattern, 'guard').replace(/(import guard from '[^']*)\.js'/, "$1'"),
    ],
  ])('has nothing to do: %s', async (_name, change) => {
    const repo = memoryRepo(files);
    const first = await planOn(repo, id, answers);
    const second = await planOn(renamed(overlay(repo, first.edits), change), id, answers);
    expect(second.edits).toEqual([]);
  });

  it('registers it by that name where only the import is there', async () => {
    const repo = memoryRepo(files);
    const first = await planOn(repo, id, answers);
    const alone = renamed(overlay(repo, first.edits), (text) =>
      text.replace(new RegExp(`app\\.register\\(${plugin}.*\\n`), '').replace(pattern, 'guard'),
    );
    const second = overlay(alone, (await planOn(alone, id, answers)).edits).read(app) ?? '';
    expect(second).toContain('app.register(guard');
    expect(second).not.toContain(plugin);
  });
});
