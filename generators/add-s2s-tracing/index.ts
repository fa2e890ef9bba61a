import { generator as serviceClient } from '../add-service-client/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary:
    'adds OpenTelemetry traces of what a service is asked and asks of others, in one trace with them, and an SDK if there is none',
  target: 'services',
  questions: serviceClient.questions,
  plan: async (answers, repo) => (await import('./plan.ts')).planTracing(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
