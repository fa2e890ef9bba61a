import { describe, expect, it } from 'vitest';

import { openRoutes } from '../../../../generators/add-auth-middleware/open-routes.ts';
import { chooseNames } from '../../../../generators/add-auth-middleware/names.ts';
import { surveyMetrics, surveyOpenTelemetry } from '../../../../generators/_engine/facts/observability.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { toRel } from '../../../../generators/_engine/model/paths.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

const users =
  "import type { FastifyInstance } from 'fastify';\nexport async function users(app: FastifyInstance) { app.get('/users', h); }\n";
const app = `import { createServer } from '@acme/server';
import { users } from './users';
export async function build() { const app = await createServer(); app.register(users); return app; }
`;
const server = `import Fastify from 'fastify';
import { registerHealth } from './health';
export async function createServer() {
  const app = Fastify();
  app.decorateRequest('user', null);
  app.decorate('authenticate', async () => {});
  app.setValidatorCompiler(validator);
  registerHealth(app);
  return app;
}
`;
const health =
  "import type { FastifyInstance } from 'fastify';\nexport function registerHealth(app: FastifyInstance) { app.get('/health', h); }\n";

/** A workspace with a service that takes its instance from a package beside it, not installed. */
function open(
  files: Readonly<Record<string, string>> = {},
  dependencies: Readonly<Record<string, string>> = {},
) {
  const repo = memoryRepo({
    'package.json': JSON.stringify({ name: 'acme', workspaces: ['services/*', 'packages/*'] }),
    'services/users/package.json': manifest({ '@acme/server': 'workspace:*' }, { name: '@acme/users' }),
    'services/users/src/app.ts': app,
    'services/users/src/users.ts': users,
    'packages/server/package.json': manifest(dependencies, { name: '@acme/server' }),
    'packages/server/src/index.ts': server,
    'packages/server/src/health.ts': health,
    ...files,
  });
  const head = surveyHeads(repo).find(({ name }) => name === '@acme/users');
  const service = head && surveyService(repo, head);
  if (head === undefined || service === undefined) throw new Error('no service');
  return { repo, head, service };
}

describe('a package of the workspace', () => {
  it('takes names on the application and its requests', () => {
    const { service } = open();
    expect(
      chooseNames(service, toRel('services/users/src/middleware/auth.middleware.ts'), undefined),
    ).toMatchObject({
      userMember: 'authUser',
      decorator: 'authenticateUser',
    });
  });

  it('takes none where only its types are imported', () => {
    const { service } = open({
      'services/users/src/app.ts':
        "import Fastify from 'fastify';\nimport type { User } from '@acme/server';\nimport { users } from './users';\nexport function build() { const app = Fastify(); app.register(users); return app; }",
    });
    expect(service.requestDecorations).toEqual([]);
    expect(service.plainSchemas).toBe(true);
  });

  it('takes none where it is another service, of which something else is imported', () => {
    const { service } = open({
      'services/users/src/app.ts':
        "import Fastify from 'fastify';\nimport { limits } from '@acme/server';\nimport { users } from './users';\nexport function build() { const app = Fastify(limits); app.register(users); return app; }",
      'packages/server/src/main.ts':
        "import { createServer } from './index';\n(await createServer()).listen({ port: 3000 });\n",
    });
    expect(service.requestDecorations).toEqual([]);
  });

  it('sets compilers', () => {
    expect(open().service.plainSchemas).toBe(false);
  });

  it('has routes on the instance that it makes', () => {
    const { repo, service } = open();
    const { notes } = openRoutes(service, repo, { path: '/auth/verify', targets: [service.dir] }, []);
    expect(notes).toContain(
      'A token is also required at GET /health (packages/server/src/health.ts:2): open public routes with --public.',
    );
  });

  it('has a guard of the application, with its place', () => {
    const guarded = server.replace(
      '  registerHealth(app);',
      "  app.addHook('onRequest', async (request, reply) => {\n    if (request.routeOptions.config.skipAuth) return;\n    if (!request.headers.authorization) return reply.code(401).send();\n  });",
    );
    expect(open({ 'packages/server/src/index.ts': guarded }).service.guard).toMatchObject({
      path: 'packages/server/src/index.ts',
    });
  });

  it('has metrics and tracing', () => {
    const registry = "import { Registry } from 'prom-client';\nexport const registry = new Registry();\n";
    const { head, repo } = open(
      { 'packages/server/src/metrics.ts': registry },
      { '@opentelemetry/sdk-node': '^0.200.0' },
    );
    expect(surveyMetrics(repo, head)).toEqual({ hidden: 'packages/server/src/metrics.ts' });
    expect(surveyOpenTelemetry(repo, head)).toMatchObject({ sdk: true });
  });
});
