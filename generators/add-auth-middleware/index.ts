import { generator as serviceClient } from '../add-service-client/index.ts';
import { type Answers, defineGenerator, type Questions, type Site } from '../_engine/model/generator.ts';
import { pathQuestion } from '../_engine/facts/routes/public-routes.ts';

/** Of a middleware that asks the auth service. */
export const remoteQuestions = {
  protect: {
    type: 'list',
    message: 'routes that require a token: all, none, or route plugins by name or file',
    prompt: 'Which routes should require a token?',
    placeholder: '<all|none|plugins>',
    choices: async (site, given) => (await import('./choices.ts')).protectChoices(site, given),
  },
  public: {
    type: 'list',
    message: 'public routes with --protect all: none, or a list such as "GET /health"',
    prompt: 'Which of these routes should be public?',
    placeholder: '<none|routes>',
    choices: async (site, given) => (await import('./choices.ts')).publicChoices(site, given),
    arises: ({ protect }) => Array.isArray(protect) && protect.includes('all'),
    initial: async (site, given) => (await import('./choices.ts')).initialPublic(site, given),
  },
  auth: {
    type: 'string',
    message: 'service that verifies tokens, for the default URL; detected if only one signs them',
    placeholder: '<service>',
    optional: true,
  },
  path: pathQuestion,
  decorate: {
    type: 'string',
    message: 'request property for the user; default: user, or authUser if that name is taken',
    placeholder: '<name>',
    optional: true,
  },
  cacheTtl: {
    type: 'string',
    message: 'time to cache a verified token, in milliseconds (delays a revocation by as much)',
    placeholder: '<ms>',
    optional: true,
  },
  ...serviceClient.questions,
  with: {
    type: 'list',
    message: 'optional parts: window and backoff of the breaker, diagnostics, cache of verified tokens',
    placeholder: '<parts>',
    choices: [
      { value: 'window', hint: 'open by failure and slow-call rates' },
      { value: 'backoff', hint: 'wait longer after each reopening' },
      { value: 'diagnostics', hint: 'publish calls and circuits on node:diagnostics_channel' },
      { value: 'cache', hint: 'cache verified tokens for --cache-ttl' },
    ],
    closed: true,
    initial: [],
  },
} as const satisfies Questions;

export const generator = defineGenerator({
  summary:
    'adds middleware that authenticates requests through the auth service, and guards the routes you choose',
  target: 'services',
  questions: {
    ...remoteQuestions,
    verify: {
      type: 'string',
      message: 'who verifies tokens: the auth service (remote), or the service itself by public keys (local)',
      placeholder: '<remote|local>',
      choices: [
        { value: 'remote', hint: 'a call to the auth service: revocation takes effect at once' },
        { value: 'local', hint: 'no call; a token is valid until it expires' },
      ],
      closed: true,
      initial: 'remote',
    },
    jwks: {
      type: 'string',
      message: 'URL of the public keys (JWK set), for --verify local',
      placeholder: '<url>',
      optional: isRemote,
      check: checkKeySetUrl,
    },
    issuer: {
      type: 'string',
      message: 'iss of the tokens, for --verify local',
      placeholder: '<issuer>',
      optional: isRemote,
    },
    audience: {
      type: 'string',
      message: 'aud of the tokens, for --verify local',
      placeholder: '<audience>',
      optional: isRemote,
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planAuthMiddleware(answers, repo),
  diagnostics: async (repo, service) => (await import('./plan.ts')).answersForDiagnostics(repo, service),
  adoption: async () => (await import('./plan.ts')).adoption,
});

function isRemote(_site: Site, { verify }: Answers): boolean {
  return verify !== 'local';
}

/** What is wrong with the URL of a key set: who changes the keys on their way gets in. */
function checkKeySetUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return 'it is not a URL';
  const { hash, hostname, password, protocol, username } = new URL(value);
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) return 'it is not https';
  return username === '' && password === '' && hash === '' ? undefined : 'it has credentials or a fragment';
}
