import { describe, expect, it } from 'vitest';

import {
  findExistingGuards,
  findSparedRoutes,
} from '../../../../generators/_engine/facts/auth/existing-guards.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

type Found = readonly [names: readonly string[], spared: readonly (readonly [route: string, why: string])[]];

/** The names of a service's guards, and its routes that they let pass. */
function guardsOf(files: Readonly<Record<string, string>>): Found {
  const repo = memoryRepo({ 'package.json': manifest(), ...files });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  const service = surveyService(repo, head);
  const survey = openSurvey(repo, service);
  const routes = service.routes.flatMap((one) => one.routes);
  return [
    findExistingGuards(survey, service.routes, 'none').map(({ name }) => name),
    findSparedRoutes(survey, routes).map(({ evidence, route }) => [`${route.method} ${route.url}`, evidence]),
  ];
}

function readsKey(guard: string): readonly boolean[] {
  const app = `import Fastify from 'fastify';\nimport { guard } from './guard.js';\nconst app = Fastify();
    app.register(async function posts(f) {
      f.get('/posts', { preHandler: [guard] }, h); });`;
  const repo = memoryRepo({ 'package.json': manifest(), 'src/app.ts': app, 'src/guard.ts': guard });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  const service = surveyService(repo, head);
  return findExistingGuards(openSurvey(repo, service), service.routes, 'authenticate').map(
    (one) => one.readsKey,
  );
}

describe('findExistingGuards', () => {
  it('tells a key in the Authorization header from a token, by the functions that a hook calls too', () => {
    const refused = 'return reply.code(401).send();';
    const key = `export const guard = async (request, reply) => { if (request.headers.authorization !== KEY) ${refused} };`;
    expect(readsKey(key)).toEqual([true]);
    const token = `const tokenFrom = (header) => header.replace('Bearer ', '');
      export const guard = async (request, reply) => { if (!tokenFrom(request.headers.authorization)) ${refused} };`;
    expect(readsKey(token)).toEqual([false]);
  });

  it('takes no protection against forged forms for a guard', () => {
    const csrf = `export const guard = (request, reply, done) => {
      if (!request.cookies.session) return reply.code(403).send();
      request.server.csrfProtection(request, reply, done);
    };`;
    expect(readsKey(csrf)).toEqual([]);
  });

  it('names a guard without the casts around it', () => {
    const app = `import Fastify from 'fastify';\nconst app = Fastify();
      app.decorate('check', async (request, reply) => reply.code(401).send());
      app.register(async function posts(f) {
        f.get('/a', { preHandler: [(f as Guarded).check] }, h);
        f.get('/b', { preHandler: f.auth!([f.check]) }, h); });`;
    expect(guardsOf({ 'src/app.ts': app })[0]).toEqual(['f.check', 'f.auth']);
  });
});

describe('findSparedRoutes', () => {
  const guarded = (hook: string): string => `import Fastify from 'fastify';
const app = Fastify();
app.addHook('onRequest', async (request, reply) => {
  ${hook}
});
app.get('/api/users', h);
app.post('/api/users', h);
app.put('/api/users/:id', h);
`;

  it('finds routes that a guard of the whole application lets pass by method and URL', () => {
    const hook = `const isOpen = (request.url === '/api/users' && request.method === 'POST') || request.url === '/in';
  if (isOpen) return;
  if (process.env.MODE === 'none') return;
  await request.jwtVerify();`;
    expect(guardsOf({ 'src/app.ts': guarded(hook) })[1]).toEqual([
      ['POST /api/users', 'the guard at src/app.ts:3 lets it pass'],
    ]);
  });

  it.each([
    ['no guard', 'request.log.info(request.url);'],
    ['a guard that lets nothing pass', 'await request.jwtVerify();'],
    [
      'a guard whose exceptions only a run shows',
      'if (await isOpen(request)) return; await request.jwtVerify();',
    ],
  ])('finds none with %s', (_, hook) => {
    expect(guardsOf({ 'src/app.ts': guarded(hook) })[1]).toEqual([]);
  });
});
