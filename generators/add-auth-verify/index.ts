import { defineGenerator, type Questions } from '../_engine/model/generator.ts';
import { pathQuestion } from '../_engine/facts/routes/public-routes.ts';

/** Of a verify route for tokens as the service signs them. */
export const routeQuestions = {
  path: pathQuestion,
  blacklist: {
    type: 'string',
    message: 'store of revoked tokens (denylist); default: Redis if the service uses it, else memory',
    placeholder: '<redis|memory|none>',
    choices: [
      { value: 'redis', hint: 'a logout applies to all instances at once' },
      { value: 'memory', hint: 'a single instance; lost at a restart' },
      { value: 'none', hint: 'a token is valid until it expires' },
    ],
    closed: true,
    optional: true,
  },
  logout: {
    type: 'string',
    message: 'revoke the token in the existing logout route',
    placeholder: '<patch|none>',
    choices: [{ value: 'patch' }, { value: 'none' }],
    closed: true,
    initial: 'patch',
  },
  login: {
    type: 'string',
    message: 'functions that sign login tokens; default: those that the login route uses',
    placeholder: '<file#function,…>',
    optional: true,
  },
  userClaim: {
    type: 'string',
    message:
      'claim of login tokens with the ID of the user, such as sub or user.id; default: read from the sign call',
    placeholder: '<claim>',
    choices: async (site, given) => (await import('./claim-choices.ts')).userClaimChoices(site, given),
    optional: async (site, given) => (await import('./claim-choices.ts')).isUserClaimKnown(site, given),
    check: checkClaim,
  },
  tenantClaim: {
    type: 'string',
    message:
      'claim of login tokens with the ID of the tenant; default: tenantId, orgId and the like, if they are signed',
    placeholder: '<claim>',
    optional: true,
    check: checkClaim,
  },
  algorithm: {
    type: 'string',
    message: 'algorithm that signs login tokens; default: read from the sign call',
    placeholder: '<alg>',
    choices: ['HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'EdDSA'].map((value) => ({ value })),
    optional: async (site, given) => (await import('./claim-choices.ts')).isAlgorithmKnown(site, given),
    check: (value) => (/^[A-Za-z]{2}\w{1,8}$/.test(value) ? undefined : 'it is not a JWS algorithm'),
  },
  accept: {
    type: 'string',
    message: 'additional check of a token, if a guard checks more than its JWT library',
    placeholder: '<file#export|none>',
    optional: true,
  },
} as const satisfies Questions;

export const generator = defineGenerator({
  summary: 'adds POST /auth/verify and a token denylist to the service that issues the tokens',
  target: 'auth',
  questions: {
    ...routeQuestions,
    keys: {
      type: 'string',
      message: 'accept tokens of key pairs as well, and publish their public keys for --verify local',
      placeholder: '<es256|eddsa|rs256>',
      choices: [
        { value: 'es256', hint: 'P-256: small signatures, verified everywhere' },
        { value: 'eddsa', hint: 'Ed25519' },
        { value: 'rs256', hint: 'RSA: slow to sign, fast to verify' },
      ],
      closed: true,
      optional: true,
    },
    sign: {
      type: 'string',
      message:
        'what login signs with: as it does (unchanged), or the current key (keys), once all accept its tokens',
      placeholder: '<unchanged|keys>',
      choices: [{ value: 'unchanged' }, { value: 'keys', hint: 'second step, after --keys is deployed' }],
      closed: true,
      initial: 'unchanged',
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).planAuthVerify(answers, repo),
  adoption: () =>
    Promise.resolve({
      role: 'verify-route',
      after: [],
      answers: () => ['redis', 'memory', 'none'].map((blacklist) => ({ blacklist })),
      read: { path: /\.post<[^(]{0,200}\(\s{0,99}['"]([^'"]{1,300})['"]/ },
    }),
});

function checkClaim(value: string): string | undefined {
  return /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?$/.test(value)
    ? undefined
    : 'it is not a claim, or a claim in a claim, such as user.id';
}
