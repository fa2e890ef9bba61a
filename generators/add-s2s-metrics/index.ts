import { generator as serviceClient } from '../add-service-client/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary:
    'adds Prometheus metrics of calls to other services, circuits and the auth middleware, with a dashboard and alerts',
  target: 'services',
  questions: {
    monitoring: {
      type: 'string',
      message:
        'folder below the root for the Grafana dashboard and the Prometheus rules; default: that of prometheus.yml, else monitoring; none: omit them',
      placeholder: '<folder|none>',
      initial: async ({ repo }) => (await import('./monitoring-folder.ts')).findMonitoringFolder(repo),
    },
    ...serviceClient.questions,
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planMetrics(answers, repo),
  adoption: async () => (await import('./plan.ts')).adoption,
});
