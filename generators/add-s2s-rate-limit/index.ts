import { defineGenerator } from '../_engine/model/generator.ts';
import { pathQuestion } from '../_engine/facts/routes/route-path.ts';

export const generator = defineGenerator({
  summary:
    'limits what each caller may ask of each route, over all instances, and turns scanners of tokens away',
  target: 'services',
  questions: {
    store: {
      type: 'string',
      message: 'where the buckets are; default: Redis if the service uses it, else memory',
      placeholder: '<redis|memory>',
      choices: [
        { value: 'redis', hint: 'one limit for all instances' },
        { value: 'memory', hint: 'one limit for each instance' },
      ],
      closed: true,
      optional: true,
    },
    path: { ...pathQuestion, message: 'URL of the verify route, where the service has it' },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planRateLimit(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
