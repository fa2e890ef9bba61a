import { generator as serviceClient } from '../add-service-client/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'lets the ServiceClient discover the endpoints of a service, and balances calls over them',
  target: 'services',
  questions: {
    source: {
      type: 'list',
      message: 'sources of endpoints, one or more: static, dns, srv, consul, eureka',
      prompt: 'Which sources list the endpoints of other services?',
      placeholder: '<sources>',
      choices: [
        { value: 'static', hint: 'a list of URLs' },
        { value: 'dns', hint: 'A or AAAA records, such as a headless service of Kubernetes' },
        { value: 'srv', hint: 'SRV records with ports and weights, such as Consul’s DNS' },
        { value: 'consul', hint: 'Consul’s HTTP API, with blocking queries' },
        { value: 'eureka', hint: 'Eureka’s REST API' },
      ],
      closed: true,
    },
    ...serviceClient.questions,
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planDiscovery(answers, repo),
  adoption: async () => (await import('./plan.ts')).adoption,
});
