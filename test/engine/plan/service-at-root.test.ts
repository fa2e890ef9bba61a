import { describe, expect, it } from 'vitest';

import { findGenerator } from '../../../generators/_engine/generator/registry.ts';
import type { Answers } from '../../../generators/_engine/model/generator.ts';
import { obstaclesOf } from '../../../generators/_engine/model/obstacle.ts';
import { makePlan, type Planned } from '../../../generators/_engine/plan/run.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

/** A repository that is one service, as most public ones are: it has no folder to go by. */
const repo = memoryRepo({
  'package.json': JSON.stringify({ name: 'shop', type: 'module', dependencies: { fastify: '^5.0.0' } }),
  'tsconfig.json': '{}',
  '.nvmrc': '18',
  'src/app.ts': `import fastify from 'fastify';

import { users } from './users.js';

const app = fastify();

app.register(users);

await app.listen({ port: 3000 });
`,
  'src/users.ts': `import type { FastifyInstance } from 'fastify';

export async function users(app: FastifyInstance): Promise<void> {
  app.post('/login', () => ({}));
  app.get('/users', () => []);
}
`,
});

async function planOf(id: string, given: Answers): Promise<Planned> {
  const generator = await findGenerator(id);
  if (generator === undefined) throw new Error(`no ${id}`);
  return makePlan({ id, generator, given: { ...given, allowDirty: true }, root: repo.root }, repo);
}

describe.each([undefined, ['shop']])('a service at the root, with --target %s', (target) => {
  const named: Answers = target === undefined ? {} : { target };

  it('has its client call with fetch where undici does not start', async () => {
    const { flags, plan } = await planOf('add-service-client', named);
    expect(plan.notes.join('\n')).toContain('its client uses fetch');
    expect(JSON.stringify(plan.edits)).not.toContain('undici');
    expect(flags).toContain('--target shop');
  });

  it('is asked about the routes that --protect all would close to strangers', async () => {
    const given = { ...named, protect: ['all'], auth: 'none' };
    const [obstacle] = await planOf('add-auth-middleware', given).then(() => [], obstaclesOf);
    expect(obstacle).toMatchObject({ code: 'E_MISSING_FLAG' });
    expect(JSON.stringify(obstacle)).toMatch(/--public.*POST \/login/);
  });
});
