import { generator as serviceClient } from '../add-service-client/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'lets the ServiceClient find many endpoints of a service, and balances calls over them',
  target: 'services',
  questions: {
    source: {
      type: 'list',
      message: 'where endpoints are found: static, dns, srv, consul, eureka; one or more',
      prompt: 'Where are the endpoints of other services found?',
      placeholder: '<sources>',
      choices: [
        { value: 'static', hint: 'a list of URLs' },
        { value: 'dns', hint: 'A or AAAA records, as of a headless service of Kubernetes' },
        { value: 'srv', hint: 'SRV records, with ports and weights, as Consul’s DNS has them' },
        { value: 'consul', hint: 'the HTTP API of Consul, with blocking queries' },
        { value: 'eureka', hint: 'the REST operations of Eureka' },
      ],
      closed: true,
    },
    ...serviceClient.questions,
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planDiscovery(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
