import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import type { Refusal } from '../../generators/_engine/model/obstacle.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';

// A list of services belongs to the registration of a plugin that has a context of its own for certain.
const app = 'services/user-service/src/app.ts';
const routes = 'services/user-service/src/routes/users.routes.ts';
const command = 'add-service-tokens --target user --allow billing-service --protect';
const line = "await app.register(usersRoutes, { prefix: '/users' });";

let repo: GeneratedRepo;
beforeEach(async () => {
  repo = new GeneratedRepo('add-service-tokens');
  await repo.run('add-auth-middleware --target user --protect none');
});
afterEach(() => {
  deleteGeneratedRepo('add-service-tokens');
});

const registeredAs = (statement: string, more = ''): void => {
  repo.edit(app, (text) =>
    text.replace(line, statement).replace('\nexport interface', `${more}\nexport interface`),
  );
};

const refused = async (flags: string): Promise<readonly (readonly [string, string])[]> => {
  const plan: Plan | Refusal = await repo.plan(flags);
  return plan.ok ? [] : plan.obstacles.map(({ code, remedy }) => [code, remedy] as const);
};

const ownContext =
  'Register it as a plugin, app.register(plugin), without fastify-plugin, and run the command again.';
const byHand =
  'Write the list by hand where it is meant, and run the command again without --allow and --protect.';

describe('a list is refused', () => {
  it.each([
    ['called with the instance', 'await usersRoutes(app);'],
    ['called by a plugin', 'await app.register(async (api) => usersRoutes(api));'],
    [
      'called by a plugin that has other routes',
      "await app.register(async (api) => { api.get('/api', async () => ''); await usersRoutes(api); });",
    ],
    ['wrapped where it is registered', 'await app.register(fp(usersRoutes));'],
  ])('for a function that is %s', async (_how, statement) => {
    registeredAs(statement, "import fp from 'fastify-plugin';\n");
    expect(await refused(`${command} usersRoutes`)).toEqual([['E_NOT_ENCAPSULATED', ownContext]]);
  });

  it('for a plugin that fastify-plugin wraps in its file', async () => {
    repo.edit(routes, (text) =>
      `import fp from 'fastify-plugin';\n${text}`.replace(
        'export async function usersRoutes',
        'export const usersRoutes = fp(users);\nasync function users',
      ),
    );
    expect(await refused(`${command} usersRoutes`)).toEqual([['E_NOT_ENCAPSULATED', ownContext]]);
  });

  it('for routes on the application itself', async () => {
    registeredAs("app.get('/users', async () => []);");
    const [[code] = []] = await refused(`${command} ${app}`);
    expect(code).toBe('E_NOT_ENCAPSULATED');
  });

  it('for a plugin that is registered twice, or by no name', async () => {
    registeredAs(`${line}\n  await app.register(usersRoutes, { prefix: '/people' });`);
    expect(await refused(`${command} usersRoutes`)).toEqual([['E_NO_REGISTRATION_PLACE', byHand]]);
    repo.edit(app, (text) =>
      text.replace(
        / {2}await app\.register\(usersRoutes[^]*?\n\n/,
        `  for (const plugin of [usersRoutes]) await app.register(plugin);\n\n`,
      ),
    );
    expect(await refused(`${command} usersRoutes`)).toEqual([['E_NO_REGISTRATION_PLACE', byHand]]);
  });

  it('for options and lists that cannot be read', async () => {
    registeredAs('await app.register(usersRoutes, options as object);');
    expect((await refused(`${command} usersRoutes`)).map(([code]) => code)).toEqual([
      'E_NO_REGISTRATION_PLACE',
    ]);
    repo.edit(app, (text) =>
      text.replace('options as object', "{ allowedServices: process.env['ALLOWED']?.split(',') ?? [] }"),
    );
    const codes = (await refused(`${command} usersRoutes`)).map(([code]) => code);
    expect(new Set(codes)).toEqual(new Set(['E_NO_REGISTRATION_PLACE']));
    // The keys of those who are allowed cannot be known: the middleware is not planned either.
    expect((await refused('add-auth-middleware --target user --protect none')).map(([code]) => code)).toEqual(
      ['E_NO_REGISTRATION_PLACE'],
    );
  });

  it('for a plugin that only registers others, which are named', async () => {
    registeredAs(
      'await app.register(async function api(api) { await api.register(usersRoutes); await api.register(healthRoutes); });',
    );
    expect(await refused(`${command} api`)).toEqual([
      ['E_NO_SUCH_PLUGIN', 'Use one of: usersRoutes, healthRoutes.'],
    ]);
  });

  it('for half of an edge, for the service itself, and for one that signs tokens of users', async () => {
    const tokens = 'add-service-tokens --target user';
    expect((await refused(`${tokens} --allow billing-service`)).map(([code]) => code)).toEqual([
      'E_MISSING_FLAG',
    ]);
    expect(await refused(`${tokens} --allow auth-service --protect usersRoutes`)).toEqual([
      ['E_ROUTE_EXISTS', 'Leave it out of --allow, and let a service beside it make these calls.'],
    ]);
    expect(
      (await refused(`${tokens} --allow user-service --protect usersRoutes`)).map(([code]) => code),
    ).toEqual(['E_INVALID_FLAG']);
  });
});

it('lists services for each plugin by itself, also inside of another, and says what a list does not reach', async () => {
  registeredAs(
    'await app.register(async function api(api) { api.get("/api", async () => ""); await api.register(usersRoutes); });',
  );
  const plan = await repo.plan(`${command} api,usersRoutes`);
  const text = plan.ok ? JSON.stringify(plan.edits.find(({ path }) => path === app)) : '';
  expect(text.match(/allowedServices: \['billing-service'\]/g)).toHaveLength(2);
  const notes = plan.ok ? plan.notes.join('\n') : '';
  expect(notes).toContain('Not allowed are the plugins that api registers, usersRoutes');
  expect(notes).toContain('No hook of usersRoutes asks for a token');
});

it('refuses a caller whose guard would keep its keys from others', async () => {
  repo.write(
    'services/billing-service/src/guard.ts',
    "export const autoConfig = { publicRoutes: ['GET /health'] };\n",
  );
  expect((await refused(`${command} usersRoutes`)).map(([code]) => code)).toEqual(['E_ROUTE_GUARDED']);
  repo.edit('services/billing-service/src/guard.ts', (text) =>
    text.replace("'GET /health'", "'GET /.well-known/jwks.json'"),
  );
  expect(await refused(`${command} usersRoutes`)).toEqual([]);
});
