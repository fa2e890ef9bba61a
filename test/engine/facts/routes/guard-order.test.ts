import { describe, expect, it } from 'vitest';

import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { findGuardOrder, type GuardOrder } from '../../../../generators/_engine/facts/routes/guard-order.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

const packages = { '@fastify/autoload': '^6.0.0', '@fastify/cors': '^11.0.0', '@fastify/static': '^8.0.0' };

function orderOf(files: Readonly<Record<string, string>>): GuardOrder {
  const repo = memoryRepo({ 'package.json': manifest(packages), ...files });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  const service = surveyService(repo, head);
  return findGuardOrder(
    openSurvey(repo, service),
    service.app.binding,
    (name) => name === '@fastify/cors',
    'auth',
  );
}

/** Two folders, loaded one after the other. */
const app = `import { join } from 'node:path';
import autoload from '@fastify/autoload';
import type { FastifyInstance } from 'fastify';
export default async function app(fastify: FastifyInstance) {
  await fastify.register(autoload, { dir: join(import.meta.dirname, 'external') });
  fastify.register(autoload, { dir: join(import.meta.dirname, 'routes') });
}
`;
const cors = "import cors from '@fastify/cors';\nexport const autoConfig = {};\nexport default cors;\n";
const files = "import files from '@fastify/static';\nexport default files;\n";
const routes = 'export default async function routes(fastify) { fastify.get("/", h); }\n';

describe('findGuardOrder', () => {
  it.each([
    ['an exported package', cors],
    ['a package exported again', "export { default } from '@fastify/cors';\n"],
  ])('follows a folder with %s', (_, plugin) => {
    const { after, early, mixed } = orderOf({
      'src/app.ts': app,
      'src/external/cors.ts': plugin,
      'src/routes/root.ts': routes,
    });
    expect({ after: after.length, early, mixed }).toEqual({ after: 1, early: [], mixed: undefined });
  });

  it('has no place where one folder has both what comes first and routes', () => {
    const { mixed } = orderOf({
      'src/app.ts': app,
      'src/external/cors.ts': cors,
      'src/external/static.ts': files,
      'src/routes/root.ts': routes,
    });
    expect(mixed).toMatchObject({ path: 'src/app.ts', line: 5 });
  });
});
