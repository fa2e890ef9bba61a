import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'tells every service at once of a revoked token, by a log in Redis that misses none',
  target: 'services',
  questions: {
    auth: {
      type: 'string',
      message: 'service that revokes tokens; detected if only one signs them; none: not in this repo',
      placeholder: '<service|none>',
      optional: true,
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planRevocation(answers, repo),
  adoption: async () => (await import('./plan.ts')).adoption,
});
