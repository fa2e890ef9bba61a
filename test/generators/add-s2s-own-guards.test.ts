import { expect, it } from 'vitest';

import { findGenerator } from '../../generators/_engine/generator/registry.ts';
import { makePlan } from '../../generators/_engine/plan/run.ts';
import { memoryRepo } from '../engine/repo/memory-repo.ts';

const dependencies = { fastify: '^5.0.0', '@fastify/jwt': '^10.0.0' };
const manifest = (name: string): string =>
  JSON.stringify({ name, type: 'module', scripts: { test: 'vitest run' }, dependencies });
const app = (routes: string): string => `import jwt from '@fastify/jwt';
import Fastify from 'fastify';

const app = Fastify({ logger: true });
app.register(jwt, { secret: process.env.TOKEN_SECRET! });
${routes}
app.listen({ port: Number(process.env.PORT ?? 3000) });
`;
const login = "app.post('/auth/login', async () => app.jwt.sign({ sub: '1' }));";
const guarded = `app.addHook('onRequest', async (request) => { request.log = request.log.child({ id: request.headers['x-correlation-id'] }); });
app.get('/orders', { preHandler: (request) => request.jwtVerify() }, async () => []);`;

/** The test of two services that `add-s2s` writes beside them. */
async function testOf(logout: string, routes: string): Promise<string> {
  const repo = memoryRepo({
    'package.json': JSON.stringify({ name: 'all', private: true, workspaces: ['services/*'] }),
    'services/auth/package.json': manifest('auth'),
    'services/auth/tsconfig.json': '{}',
    'services/auth/src/app.ts': app(`${login}\napp.post('/auth/logout', ${logout});`),
    'services/orders/package.json': manifest('orders'),
    'services/orders/tsconfig.json': '{}',
    'services/orders/src/app.ts': app(routes),
  });
  const id = 'add-s2s';
  const generator = await findGenerator(id);
  if (generator === undefined) throw new Error('no generator');
  const given = { allowDirty: true, target: ['orders'], protect: ['all'], public: ['none'] };
  const { plan } = await makePlan({ id, generator, given, root: repo.root }, repo);
  const found = plan.edits.find(({ role }) => role === 'integration-test');
  return found?.kind === 'create' ? found.text : '';
}

it('gives a consumer that verifies tokens itself the secret that signs them', async () => {
  const text = await testOf('async (request) => {}', guarded);
  expect(text.match(/TOKEN_SECRET: JWT_SECRET/g)).toHaveLength(2);
});

it('looks for no correlation ID in the log of an application that has IDs of its own', async () => {
  const text = await testOf('async (request) => {}', guarded);
  expect(text).not.toContain('consumer.output.includes(correlationId)');
  expect(text).toContain('auth.output.includes(correlationId)');
});

it.each([
  ['async (request) => {\n  await remove(request.ip);\n}', true],
  ['async (request) => {\n  await remove(request.body.refreshToken);\n}', false],
  ["{ schema: { body: { type: 'object' } } }, async (request) => {\n  await remove(request.ip);\n}", false],
])('logs out only where that takes the token alone: %s', async (logout, isTested) => {
  const text = await testOf(logout, guarded);
  expect(text.includes('after POST /auth/logout')).toBe(isTested);
});
