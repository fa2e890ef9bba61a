import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary:
    'lets services call without a user: each proves itself with a key of its own, where a plugin allows it',
  target: 'services',
  questions: {
    // What is allowed is read from the code: a later run must not allow again what was taken out, or join what two runs have allowed.
    allow: {
      type: 'list',
      message: 'services that may call',
      prompt: 'Which services may call it without a user?',
      placeholder: '<services>',
      choices: async ({ repo }, given) => (await import('./choices.ts')).callerChoices(repo, given),
      closed: true,
      once: true,
      optional: async (site, given) => (await import('./choices.ts')).isRunAgain(site, given),
    },
    protect: {
      type: 'list',
      message: 'route plugins that they may call',
      prompt: 'Which route plugins may they call?',
      placeholder: '<plugins>',
      choices: async ({ repo }, given) => (await import('./choices.ts')).pluginChoices(repo, given),
      once: true,
      optional: async (site, given) => (await import('./choices.ts')).isRunAgain(site, given),
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planServiceTokens(answers, repo),
});
