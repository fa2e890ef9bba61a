import { describe, expect, it } from 'vitest';

import { findSigns } from '../../../../generators/_engine/facts/auth/jwt-signs.ts';
import { findWays } from '../../../../generators/_engine/facts/auth/jwt-reach.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

describe('findWays', () => {
  it('follows a method by its class, not by its name alone', () => {
    const app = `import Fastify from 'fastify';
import { Accounts, Letters } from './accounts.js';
const app = Fastify();
app.register(plugin);
const accounts = new Accounts();
const letters = new Letters();
app.post('/register', async () => accounts.register('1'));
app.post('/letters', async () => letters.register('1'));
app.post('/unknown', async (request) => request.whatever.register('1'));
`;
    const accounts = `import jwt from 'jsonwebtoken';
export class Accounts { register(id) { return jwt.sign({ sub: id }, 'x'); } }
export class Letters { register(id) { return id; } }
`;
    // What is not known for certain may be it.
    expect(lastLines({ 'src/app.ts': app, 'src/accounts.ts': accounts })).toEqual([7, 9]);
  });

  it('follows a decorator of an instance that Fastify makes', () => {
    const app = `import Fastify from 'fastify';
import jwt from 'jsonwebtoken';
const app = Fastify();
app.decorate('signAccess', (payload) => jwt.sign(payload, 'x'));
app.post('/login', async () => ({ token: app.signAccess({ sub: '1' }) }));
`;
    expect(lastLines({ 'src/app.ts': app })).toEqual([5]);
  });
});

/** The lines at which the ways to the sign calls begin. */
function lastLines(files: Readonly<Record<string, string>>): readonly (number | undefined)[] {
  const repo = memoryRepo({ 'package.json': manifest({ jsonwebtoken: '^9.0.0' }), ...files });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  const survey = openSurvey(repo, surveyService(repo, head));
  const ways = findSigns(survey).flatMap(({ call, path }) => findWays(survey, call, path));
  return ways.map(({ places }) => places.at(-1)?.line);
}
