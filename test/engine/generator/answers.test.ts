import { describe, expect, it } from 'vitest';

import { asFlags, completeAnswers } from '../../../generators/_engine/generator/answers.ts';
import type { Questions, Site } from '../../../generators/_engine/model/generator.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const site: Site = { repo: memoryRepo({}), heads: [] };
const questions: Questions = {
  protect: {
    type: 'list',
    message: 'Which routes ask for a token',
    choices: () => [{ value: 'usersRoutes', hint: '/users' }, { value: 'none' }],
    closed: true,
  },
  transport: { type: 'string', message: 'transport', initial: 'undici' },
  decorate: { type: 'string', message: 'name on the request', optional: true },
  name: { type: 'string', message: 'name of it', placeholder: '<name>' },
};

describe('completeAnswers', () => {
  it('lists all that is missing when nobody can be asked', async () => {
    await expect(completeAnswers(questions, {}, site, undefined)).rejects.toMatchObject({
      obstacles: [
        { code: 'E_MISSING_FLAG', remedy: 'Add --protect with one of: usersRoutes (/users), none.' },
        { code: 'E_MISSING_FLAG', remedy: 'Add --name <name>.' },
      ],
    });
  });

  it('asks only for what is neither given nor found', async () => {
    const asked: string[] = [];
    const answers = await completeAnswers(questions, { name: 'x' }, site, (key) => {
      asked.push(key);
      return Promise.resolve(['none']);
    });
    expect(asked).toEqual(['protect']);
    expect(answers).toEqual({ name: 'x', protect: ['none'], transport: 'undici' });
  });

  it('refuses what is no choice of a closed question', async () => {
    const given = { name: 'x', protect: ['nope'] };
    await expect(completeAnswers(questions, given, site, undefined)).rejects.toMatchObject({
      obstacles: [{ code: 'E_INVALID_FLAG' }],
    });
  });
});

describe('asFlags', () => {
  it('leaves defaults out and quotes for a shell', async () => {
    const answers = { protect: ['a', 'b'], transport: 'undici', name: "it's" };
    expect(await asFlags(questions, answers, site)).toBe(`--protect a,b --name 'it'\\''s'`);
  });
});
