import { describe, expect, it } from 'vitest';

import { guardPlaces } from '../../../../generators/add-auth-middleware/guard-registration.ts';
import type { Repo } from '../../../../generators/_engine/model/repo.ts';
import type { Service } from '../../../../generators/_engine/model/service.ts';
import { surveyGuards } from '../../../../generators/_engine/facts/auth/guards.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

const plugin = "export default async function (app) { app.get('/', h); }";

type Names = readonly string[];

/** A service with an autoloaded folder, one part of which has hooks. */
function openAutoloaded(autoHooks: boolean): { readonly repo: Repo; readonly service: Service } {
  const repo = memoryRepo({
    'package.json': manifest({ '@fastify/autoload': '^6.0.0' }),
    'src/app.ts': `import autoload from '@fastify/autoload';
import { join } from 'node:path';
export default async function app(f) {
  f.decorate('authenticate', async (request) => { await request.jwtVerify(); });
  f.register(autoload, { dir: join(import.meta.dirname, 'routes'), autoHooks: ${String(autoHooks)} });
}`,
    'src/routes/users/index.ts': plugin,
    'src/routes/orders/autohooks.ts':
      "export default async function (app) { app.addHook('onRequest', app.authenticate); }",
    'src/routes/orders/list.ts': plugin,
    'src/routes/orders/items.ts': plugin,
  });
  const [head] = surveyHeads(repo);
  const service = head === undefined ? undefined : surveyService(repo, head);
  if (service === undefined) throw new Error('no service');
  return { repo, service };
}

describe('guardPlaces', () => {
  const places = (autoHooks: boolean, names: Names): Names => {
    const { repo, service } = openAutoloaded(autoHooks);
    const chosen = service.routes.filter(({ name }) => names.includes(name));
    return guardPlaces(repo, service, chosen).map(({ file }) => file);
  };

  it('is the autohooks file when the whole folder is chosen', () => {
    expect(places(true, ['users', 'orders/list', 'orders/items'])).toEqual([
      'src/routes/orders/autohooks.ts',
      'src/routes/users/index.ts',
    ]);
  });

  it('is the plugin itself when a sibling stays open, or nobody loads the hooks', () => {
    expect(places(true, ['orders/list'])).toEqual(['src/routes/orders/list.ts']);
    expect(places(false, ['orders/list', 'orders/items'])).toEqual([
      'src/routes/orders/items.ts',
      'src/routes/orders/list.ts',
    ]);
  });
});

describe('surveyGuards', () => {
  it('knows the hook of the folder, where it is loaded', () => {
    const guards = (autoHooks: boolean): readonly (string | undefined)[] => {
      const { repo, service } = openAutoloaded(autoHooks);
      return surveyGuards(openSurvey(repo, service), service).map(({ guard, plugin: { name } }) =>
        guard === undefined ? name : `${name}: ${guard}`,
      );
    };
    expect(guards(true)).toEqual([
      'orders/items: app.authenticate',
      'orders/list: app.authenticate',
      'users',
    ]);
    expect(guards(false)).toEqual(['orders/items', 'orders/list', 'users']);
  });
});
