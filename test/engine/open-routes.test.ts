import { describe, expect, it } from 'vitest';

import { openRoutes } from '../../generators/add-auth-middleware/open-routes.ts';
import { surveyService } from '../../generators/_engine/survey/service.ts';
import { surveyHeads } from '../../generators/_engine/survey/services.ts';
import { memoryRepo } from './memory-repo.ts';
import { manifest } from './survey/service-of.ts';

const app = "import Fastify from 'fastify';\nconst app = Fastify();\napp.get('/health', h);\n";

describe('openRoutes', () => {
  const open = (files: Readonly<Record<string, string>>): ReturnType<typeof openRoutes> => {
    const repo = memoryRepo({ 'package.json': manifest(), ...files });
    const [head] = surveyHeads(repo);
    const service = head === undefined ? undefined : surveyService(repo, head);
    if (service === undefined || 'ok' in service) throw new Error('no service');
    return openRoutes(service, repo, { path: '/auth/verify' });
  };

  it('leaves probes open, and says nothing where there is nothing to say', () => {
    expect(open({ 'src/app.ts': app })).toEqual({ routes: ['/health'], notes: [] });
  });

  it('never lets the verify route ask itself', () => {
    const signs = "import jwt from 'jsonwebtoken';\nexport const token = () => jwt.sign({ sub: '1' }, 'x');";
    const files = {
      'package.json': manifest({ jsonwebtoken: '^9.0.0' }),
      'src/app.ts': app,
      'src/token.ts': signs,
    };
    expect(open(files).routes).toEqual(['/health', '/auth/verify']);
  });

  it('names what is called before there is a token, unless it is marked', () => {
    const routes =
      "app.post('/users/login', h);\napp.post('/users/register', { config: { public: true } }, h);\napp.get('/users', h);";
    const { notes, routes: urls } = open({ 'src/app.ts': app + routes });
    expect(notes).toEqual([
      'A token is asked for at /users/login too: add to publicRoutes what is called before there is one.',
    ]);
    expect(urls).toEqual(['/health', '/users/register', '/auth/verify']);
  });

  it('tells of routes that a package adds', () => {
    const files = {
      'src/app.ts':
        "import { createServer } from '@acme/server';\nimport { users } from './users';\nexport async function build() { const app = await createServer(); app.register(users); return app; }",
      'src/users.ts':
        "import type { FastifyInstance } from 'fastify';\nexport async function users(app: FastifyInstance) { app.get('/users', h); }",
    };
    expect(open(files).notes).toEqual([
      'Routes that @acme/server adds to the instance ask for a token too: add the public ones to publicRoutes (src/app.ts).',
    ]);
  });
});
