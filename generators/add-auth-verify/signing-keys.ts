import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareVariables, readVariable } from '../_engine/edit/declare-variables.ts';
import type { GuardsAhead } from '../_engine/facts/auth/root-hooks.ts';
import { importLines, testFileFor } from '../_engine/facts/style/place-file.ts';
import { renderTest } from '../_engine/render/render.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { printString } from '../_engine/syntax/print.ts';
import type { VerifyFiles } from './files.ts';
import { isRequiredOfKeys } from './required-claims.ts';
import type { TokenPolicy } from './token-policy.ts';
import type { SigningKeys, SigningKeysTestView, VerifyChoices, VerifyView } from './view.ts';

const algorithms = { es256: 'ES256', eddsa: 'EdDSA', rs256: 'RS256' } as const;

export const keySetRoute = { method: 'GET', url: '/.well-known/jwks.json' } as const;

export interface KeysAnswers {
  readonly keys: keyof typeof algorithms | undefined;
  readonly sign: 'unchanged' | 'keys';
}

/** As asked for, else as the plugin has them already; undefined for a secret alone. */
export function chooseKeys(
  { jwt, name }: Service,
  { keys }: KeysAnswers,
  { demanded, keys: there, logins }: TokenPolicy,
): SigningKeys | undefined {
  const algorithm = keys === undefined ? there.algorithm : algorithms[keys];
  if (algorithm === undefined) return undefined;
  const [login] = logins;
  const signed = (claim: string): string | undefined =>
    demanded.get(claim) ?? login?.shape.claims.get(claim)?.[0];
  // Others demand what is signed: it changes by hand alone.
  const issuer = there.issuer ?? signed('iss') ?? jwt.issuer ?? name;
  const audience = there.audience ?? signed('aud') ?? jwt.audience ?? 'services';
  return { algorithm, issuer, audience };
}

/** What the plugin does with the keys. */
export function keysView(
  service: Service,
  { keys, keysOptOut }: VerifyChoices,
): Pick<VerifyView, 'signingKeys' | 'keysRouteOptions'> {
  if (keys === undefined) return { signingKeys: '', keysRouteOptions: '' };
  const members = [
    ...Object.entries(keys).map(([name, text]) => `${name}: ${printString(String(text))}`),
    `privateKeys: ${readVariable(service, 'SIGNING_KEYS').expression}`,
    `currentKeyId: ${readVariable(service, 'SIGNING_KEY_ID').expression}`,
  ];
  const config = keysOptOut.join(', ');
  return {
    signingKeys: members.join(', '),
    keysRouteOptions: config === '' ? '' : `, { config: { ${config} } }`,
  };
}

export function keysImports(service: Service, { decorators, keys }: VerifyFiles): readonly ImportWant[] {
  const { imports } = readVariable(service, 'SIGNING_KEYS');
  return [
    ...imports,
    { from: decorators, names: ['addSigningKeys'] },
    { from: keys, names: ['createSigningKeys'] },
  ];
}

/** Declares the variables of the keys, and renders the tests of their module. */
export async function planSigningKeys(
  draft: Draft,
  service: Service,
  files: VerifyFiles,
  { algorithm }: SigningKeys,
): Promise<void> {
  const { style, testing } = service;
  const variables = ['SIGNING_KEYS', 'SIGNING_KEY_ID'].map(
    (name) => ({ name, value: '', type: 'string' }) as const,
  );
  await declareVariables(draft, service, variables);
  if (testing.runner === 'none') return;
  const test = testFileFor(service, files.keys, 'signing-keys');
  const wants = [
    { from: 'fastify', default: 'Fastify', names: ['type FastifyInstance'] },
    { from: files.decorators, names: ['addSigningKeys'] },
    { from: files.keys, names: ['createSigningKeys', 'type SigningKeys', 'type SigningKeysOptions'] },
    { from: files.claims, names: ['TokenVerifier'], typeOnly: true },
  ];
  const view: SigningKeysTestView = { imports: importLines(service, test, wants), algorithm };
  draft.create(
    test,
    'unit-test',
    renderTest('add-auth-verify/signing-keys.test.ts.hbs', view, style, testing),
  );
}

/** What keeps the key set, and `signToken`, out of a service. */
export function keysObstacles(
  { decorators, routes }: Service,
  { decorators: adds, keys, plugin }: VerifyFiles,
  { closed }: GuardsAhead,
): readonly Obstacle[] {
  const { method, url } = keySetRoute;
  const own: readonly RelPath[] = [adds, keys, plugin];
  const route = routes
    .flatMap((each) => each.routes)
    .find((one) => one.url === url && [method, '*'].includes(one.method) && !own.includes(one.path));
  const taken = decorators.filter(
    ({ at, name }) =>
      ['signToken', 'signingOptions', 'verifyToken'].includes(name) && !own.some((file) => file === at?.path),
  );
  return [
    ...(route === undefined ? [] : [existingKeySet(route)]),
    ...closed.map(({ line, path }): Obstacle => ({
      code: 'E_ROUTE_GUARDED',
      at: { path, ...(line !== undefined && { line }) },
      message: `A hook of the application refuses or may refuse ${method} ${url}, which other services call without a token.`,
      remedy: `Let ${method} ${url} pass there, for example by adding it to the public URLs, and run the command again.`,
      manual: printString(url),
    })),
    ...taken.map(({ at, name }): Obstacle => ({
      code: 'E_DECORATOR_TAKEN',
      ...(at !== undefined && { at }),
      message: `The name ${name} is taken in this service.`,
      remedy: 'Rename the existing declaration and run the command again.',
    })),
  ];
}

function existingKeySet({ line, path }: Readonly<{ line: number; path: RelPath }>): Obstacle {
  return {
    code: 'E_ROUTE_EXISTS',
    at: { path, line },
    message: `${keySetRoute.method} ${keySetRoute.url} already exists: the service publishes keys of its own.`,
    remedy: 'Leave out --keys: services verify locally with --jwks and that URL. Or remove the route.',
  };
}

/** What has to be done before and after the plan is deployed, in order. */
export function keysNotes(
  { dir, name }: Service,
  { audience, issuer }: SigningKeys,
  policy: TokenPolicy,
  { keys = 'es256', sign }: KeysAnswers,
): readonly string[] {
  const variables =
    'Set SIGNING_KEYS (private keys as PEM or JWK, or their file or directory) before the deployment: in production the service does not start without it.';
  const consumers = `Services verify its tokens locally with add-auth-middleware --verify local --jwks <origin>${keySetRoute.url} --issuer ${inShell(issuer)} --audience ${inShell(audience)}: tokens of the secret are refused there, and a logout takes effect when the token expires.`;
  if (sign === 'keys') return [consumers];
  const target = dir === '' ? name : dir;
  const places = policy.guarding.map(({ at }) => `${at.path}:${String(at.line ?? 0)}`).join(', ');
  return [
    `Step 1 of 2: the verify route accepts tokens of the keys and of the secret; login signs as before. ${variables}`,
    ...(places === ''
      ? []
      : [
          `Before step 2, verify with app.verifyToken(token) at ${places}: tokens of the keys are refused there.${checksLeft(policy)}`,
        ]),
    `Step 2, once this is deployed everywhere, and no service verifies with the secret itself: s2s add-auth-verify --target ${target} --keys ${keys} --sign keys.`,
    consumers,
  ];
}

/** Demands that the verifier of the keys has as well. */
const inKeys = /^(?:allowed(?:Iss|Aud)|issuer|audience|clockTolerance)$/;

/** What a guard loses that moves to `app.verifyToken`: a sentence, with a space before it, or nothing. */
function checksLeft({ accept, options }: TokenPolicy): string {
  const others = [...options.entries]
    .filter(([name, value]) => !inKeys.test(name) && !isRequiredOfKeys(name, value))
    .map(([name]) => name);
  return [
    ...(accept === undefined ? [] : [` It does not call ${accept.call}: do that there.`]),
    ...(others.length === 0
      ? []
      : [` Of tokens of the keys it does not demand ${others.join(', ')}: check that there.`]),
  ].join('');
}

/** A claim of the repository, as an argument of a command line. */
function inShell(text: string): string {
  return /^[\w:/.@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
