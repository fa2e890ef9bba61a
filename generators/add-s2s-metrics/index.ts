import { generator as serviceClient } from '../add-service-client/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary:
    'adds Prometheus metrics of the calls to other services, their circuits and the auth middleware, with a dashboard and alerts',
  target: 'services',
  questions: {
    monitoring: {
      type: 'string',
      message:
        'folder for the Grafana dashboard and the Prometheus rules, below the root; none: without them',
      placeholder: '<folder|none>',
      initial: 'monitoring',
    },
    ...serviceClient.questions,
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planMetrics(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
