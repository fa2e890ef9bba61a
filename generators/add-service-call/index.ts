import { generator as serviceClient } from '../add-service-client/index.ts';
import { joinAnswers } from './join-answers.ts';
import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary:
    'adds a typed client of another service: a method for each of its routes, by its source or OpenAPI document',
  target: 'services',
  questions: {
    to: {
      type: 'list',
      message: 'services to call, or OpenAPI documents (JSON or YAML) of services elsewhere',
      prompt: 'Which service should it call?',
      placeholder: '<services|files>',
      choices: async (site, given) => (await import('./choices.ts')).calleeChoices(site, given),
    },
    routes: {
      type: 'list',
      message: 'routes to call, as "GET /invoices" or by method name, or all',
      placeholder: '<all|routes>',
      choices: [{ value: 'all' }],
      initial: ['all'],
    },
    adopt: {
      type: 'boolean',
      message:
        'turn bare calls of these services by fetch or axios into typed calls where nothing else changes',
      initial: false,
      once: true,
    },
    ...serviceClient.questions,
  },
  join: joinAnswers,
  contract: async (repo, service, { to }) => {
    const { checkContract } = await import('./contract.ts');
    return checkContract(repo, service, Array.isArray(to) ? (to as readonly string[]) : []);
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planServiceCall(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
