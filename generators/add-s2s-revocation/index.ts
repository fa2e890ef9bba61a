import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'makes every service forget cached claims at once when their token is revoked, over Redis pub/sub',
  target: 'services',
  questions: {
    auth: {
      type: 'string',
      message:
        'service that revokes the tokens; found by itself when only one signs them; none: not in this repo',
      placeholder: '<service|none>',
      optional: true,
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planRevocation(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
