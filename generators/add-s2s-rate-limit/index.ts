import { defineGenerator } from '../_engine/model/generator.ts';
import { pathQuestion } from '../_engine/facts/routes/public-routes.ts';

export const generator = defineGenerator({
  summary: 'limits the requests of each caller to each route, over all instances, and blocks token scanners',
  target: 'services',
  questions: {
    store: {
      type: 'string',
      message: 'store of the buckets; default: Redis if the service uses it, else memory',
      placeholder: '<redis|memory>',
      choices: [
        { value: 'redis', hint: 'one limit for all instances' },
        { value: 'memory', hint: 'one limit for each instance' },
      ],
      closed: true,
      optional: true,
    },
    path: { ...pathQuestion, message: 'URL of the verify route, if the service has one' },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planRateLimit(answers, repo),
  adoption: () =>
    Promise.resolve({
      role: 'rate-limit',
      after: ['add-auth-verify', 'add-auth-middleware'],
      answers: () => [{ store: 'redis' }, { store: 'memory' }],
      read: { path: /\blimitVerifications\(\s*['"]([^'"]+)['"]/ },
    }),
});
