import { generator as serviceClient } from '../add-service-client/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary:
    'adds OpenTelemetry traces of requests and of calls to other services, and an SDK if there is none',
  target: 'services',
  questions: serviceClient.questions,
  plan: async (answers, repo) => (await import('./plan.ts')).planTracing(answers, repo),
  adoption: async () => (await import('./plan.ts')).adoption,
});
