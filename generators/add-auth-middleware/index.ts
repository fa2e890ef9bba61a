import { generator as serviceClient } from '../add-service-client/index.ts';
import { defineGenerator } from '../_engine/model/generator.ts';
import { pathQuestion } from '../_engine/facts/routes/route-path.ts';

export const generator = defineGenerator({
  summary:
    'adds the auth middleware, which asks the auth service who is calling, and guards the routes you choose',
  target: 'services',
  questions: {
    protect: {
      type: 'list',
      message: 'routes that ask for a token: all, none, or route plugins by name or file',
      prompt: 'Which routes should ask for a token?',
      placeholder: '<all|none|plugins>',
      choices: async (site, given) => (await import('./choices.ts')).protectChoices(site, given),
    },
    public: {
      type: 'list',
      message: 'with --protect all, routes that ask for no token: none, or such as "GET /health"',
      prompt: 'Which of these routes should ask for no token?',
      placeholder: '<none|routes>',
      choices: async (site, given) => (await import('./choices.ts')).publicChoices(site, given),
      initial: async (site, given) => (await import('./choices.ts')).initialPublic(site, given),
    },
    auth: {
      type: 'string',
      message: 'service that verifies tokens, for the default URL; found by itself when only one signs them',
      placeholder: '<service>',
      optional: true,
    },
    path: pathQuestion,
    decorate: {
      type: 'string',
      message: 'member of the request that tells the user; default: user, or authUser where that is taken',
      placeholder: '<name>',
      optional: true,
    },
    cacheTtl: {
      type: 'string',
      message:
        'milliseconds for which a verified token is not asked about again (a revocation waits that long)',
      placeholder: '<ms>',
      optional: true,
    },
    ...serviceClient.questions,
    with: {
      type: 'list',
      message:
        'parts beyond the core: window and backoff of the breaker, diagnostics, cache of verified tokens',
      placeholder: '<parts>',
      choices: [
        { value: 'window', hint: 'open by failure and slow-call rates' },
        { value: 'backoff', hint: 'wait longer at each reopening' },
        { value: 'diagnostics', hint: 'publish calls and circuits on node:diagnostics_channel' },
        { value: 'cache', hint: 'do not ask about a token again for --cache-ttl' },
      ],
      closed: true,
      initial: [],
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planAuthMiddleware(answers, repo),
  adoption: async () => (await import('./adoption.ts')).adoption,
});
