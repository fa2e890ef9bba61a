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
    const packages = manifest({ jsonwebtoken: '^9.0.0' });
    const repo = memoryRepo({ 'package.json': packages, 'src/app.ts': app, 'src/accounts.ts': accounts });
    const [head] = surveyHeads(repo);
    if (head === undefined) throw new Error('no service');
    const survey = openSurvey(repo, surveyService(repo, head));
    const ways = findSigns(survey).flatMap(({ call, path }) => findWays(survey, call, path));
    // What is not known for certain may be it.
    expect(ways.map(({ places }) => places.at(-1)?.line)).toEqual([7, 9]);
  });
});
