import { defineGenerator } from '../_engine/model/generator.ts';
import { pathQuestion } from '../_engine/facts/routes/route-path.ts';

export const generator = defineGenerator({
  summary: 'adds POST /auth/verify and a token blacklist to the service that issues the tokens',
  target: 'auth',
  questions: {
    path: pathQuestion,
    blacklist: {
      type: 'string',
      message: 'where revoked tokens are kept; default: Redis if the service uses it, else memory',
      placeholder: '<redis|memory|none>',
      choices: [
        { value: 'redis', hint: 'all instances see a logout at once' },
        { value: 'memory', hint: 'one instance, gone after a restart' },
        { value: 'none', hint: 'a token is good until it expires' },
      ],
      closed: true,
      optional: true,
    },
    logout: {
      type: 'string',
      message: 'revoke the token in the logout route that is there',
      placeholder: '<patch|none>',
      choices: [{ value: 'patch' }, { value: 'none' }],
      closed: true,
      initial: 'patch',
    },
    login: {
      type: 'string',
      message: 'where tokens are signed that log people in; default: what the login route answers with',
      placeholder: '<file#function,…>',
      optional: true,
    },
    accept: {
      type: 'string',
      message: 'function that a token has to pass as well, where a guard asks for more than its JWT library',
      placeholder: '<file#export|none>',
      optional: true,
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planAuthVerify(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
