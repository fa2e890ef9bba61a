import { describe, expect, it } from 'vitest';

import { findExistingGuards } from '../../../../generators/_engine/facts/auth/existing-guards.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

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
});
