import { describe, expect, it } from 'vitest';

import { guardPlaces } from '../../generators/add-auth-middleware/guard-places.ts';
import { surveyService } from '../../generators/_engine/survey/service.ts';
import { surveyHeads } from '../../generators/_engine/survey/services.ts';
import { memoryRepo } from './memory-repo.ts';
import { manifest } from './survey/service-of.ts';

const plugin = "export default async function (app) { app.get('/', h); }";

describe('guardPlaces', () => {
  const places = (autoHooks: boolean, names: readonly string[]): readonly string[] => {
    const repo = memoryRepo({
      'package.json': manifest({ '@fastify/autoload': '^6.0.0' }),
      'src/app.ts': `import autoload from '@fastify/autoload';
import { join } from 'node:path';
export default async function app(f) {
  f.register(autoload, { dir: join(import.meta.dirname, 'routes'), autoHooks: ${String(autoHooks)} });
}`,
      'src/routes/users/index.ts': plugin,
      'src/routes/orders/autohooks.ts': 'export default async function (app) {}',
      'src/routes/orders/list.ts': plugin,
      'src/routes/orders/items.ts': plugin,
    });
    const [head] = surveyHeads(repo);
    const service = head === undefined ? undefined : surveyService(repo, head);
    if (service === undefined || 'ok' in service) throw new Error('no service');
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
