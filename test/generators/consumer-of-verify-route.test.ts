import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compileService } from '../helpers/compile-service.ts';
import { GeneratedRepo } from '../helpers/generated-repo.ts';

const middleware = 'add-auth-middleware --target user --protect usersRoutes';
const repos: GeneratedRepo[] = [];

afterAll(() => {
  for (const repo of repos) repo.close();
});

function open(name: string): GeneratedRepo {
  const repo = new GeneratedRepo(name);
  repos.push(repo);
  return repo;
}

async function notesOf(repo: GeneratedRepo, line = middleware): Promise<string> {
  const planned = await repo.plan(line);
  if (!planned.ok) throw new Error(planned.obstacles[0].message);
  return planned.notes.join('\n');
}

describe('a consumer whose auth service', () => {
  it('has no verify route is told so', async () => {
    const repo = open('.consumer-early');
    expect(await notesOf(repo)).toMatch(/has no POST \/auth\/verify yet.*answers 503/);
    await repo.run('add-auth-verify --blacklist memory');
    expect(await notesOf(repo)).not.toMatch(/503/);
  });

  it('is not in the repository is told so, but for --auth none', async () => {
    const repo = open('.consumer-alone');
    repo.edit('services/auth-service/package.json', (text) => text.replaceAll('fastify', 'other'));
    expect(await notesOf(repo)).toMatch(/nobody answers POST \/auth\/verify here.*answers 503/);
    expect(await notesOf(repo, `${middleware} --auth none`)).not.toMatch(/503/);
  });
});

describe('guards on the chosen routes', () => {
  it('are named, with the header that they read', async () => {
    const repo = open('.consumer-guarded');
    const routes = 'services/user-service/src/routes/users.routes.ts';
    repo.edit(routes, (text) =>
      text.replace(
        /(export async function usersRoutes[^{]*\{\n)/,
        `$1  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization !== \`Key \${process.env['API_KEY'] ?? ''}\`) return reply.code(401).send();
  });
`,
      ),
    );
    const notes = await notesOf(repo);
    expect(notes).toMatch(
      /usersRoutes is guarded already, by a hook \(.*users\.routes\.ts:\d+\).*one more call/,
    );
    expect(notes).toMatch(/reads a key from the Authorization header/);
    await repo.run(middleware);
    expect(await notesOf(repo)).not.toMatch(/by app\.authenticate/);
  });
});

describe('roles that the login signs', () => {
  const repo = open('.consumer-roles');
  beforeAll(async () => {
    repo.edit('services/auth-service/src/routes/auth.routes.ts', (text) =>
      text.replace('tenantId: user.tenantId }', "tenantId: user.tenantId, roles: ['admin'] }"),
    );
    repo.edit('services/auth-service/src/plugins/jwt.ts', (text) =>
      text.replace('  tenantId: string;\n', '  tenantId: string;\n  roles?: string[];\n'),
    );
    await repo.run('add-s2s --target user --protect usersRoutes --blacklist memory');
  });

  it.each(['auth', 'user'])('reach the user of a request, typed: %s-service compiles', (name) => {
    const text = repo.read('services/user-service/src/middleware/auth.middleware.ts');
    expect(text).toContain('readonly roles?: string[] | undefined');
    expect(text).toContain("roles: answer['roles'] as string[] | undefined");
    expect(compileService(join(repo.root, `services/${name}-service/tsconfig.json`))).toEqual([]);
  });
});
