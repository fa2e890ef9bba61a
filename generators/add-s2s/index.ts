import { remoteQuestions } from '../add-auth-middleware/index.ts';
import { routeQuestions } from '../add-auth-verify/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary:
    'adds everything in one plan: verify route, client, middleware, and an integration test of the services',
  target: 'services',
  questions: {
    ...routeQuestions,
    ...remoteQuestions,
    auth: {
      type: 'string',
      message: 'service that issues tokens; detected if only one signs them; none: not in this repo',
      placeholder: '<service|none>',
      optional: true,
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planServiceToService(answers, repo),
  adoption: async () => (await import('./plan.ts')).adoption,
});
