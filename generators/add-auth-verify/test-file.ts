import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { printString } from '../_engine/syntax/print.ts';
import { type TokenPolicy } from './token-policy.ts';
import { identityView } from './identity-view.ts';
import { dynamicSpecifier, importLines, testFileFor } from '../_engine/facts/style/place-file.ts';
import { testEnvironment } from '../_engine/edit/env-schema.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { renderTest } from '../_engine/render/render.ts';
import type { Blacklist, VerifyTestView } from './view.ts';
import type { VerifyFiles } from './files.ts';
import { followedPlugins } from './views.ts';
import type { PurposeRule } from '../_engine/facts/auth/jwt-logins.ts';

const secretLiteral = "'a-secret-of-these-tests-with-32-bytes-or-more'";

/** The tests of the route; a note instead where a test could not sign what the service signs. */
export function planVerifyTest(
  draft: Draft,
  service: Service,
  files: VerifyFiles,
  path: string,
  blacklist: Blacklist,
  policy: TokenPolicy,
): void {
  const { jwt, style, testing } = service;
  if (testing.runner === 'none') return;
  const usesPlugin = jwt.library === '@fastify/jwt' || jwt.library === 'none';
  const signable = /^HS(256|384|512)$/.test(jwt.algorithm) && (usesPlugin || jwt.secret?.env !== undefined);
  if (!signable) {
    draft.note(`POST ${path} has no tests: they would need the signing key of ${service.name}.`);
    return;
  }
  const userId = jwt.user?.userId ?? [];
  if (userId.length > 1) {
    draft.note(
      `POST ${path} has no tests: login tokens of ${service.name} have the ID of the user inside of another claim (${userId.join('.')}).`,
    );
    return;
  }
  if (policy.accept !== undefined || !policy.isPlain) {
    draft.note(
      `POST ${path} has no tests: they would need tokens that pass the additional checks of ${service.name}.`,
    );
    return;
  }
  const test = testFileFor(service, files.plugin, 'auth-verify');
  const environment = testEnvironment(service, draft.repo);
  const view: VerifyTestView = {
    ...verifyTestView(draft.repo, service, files, path, blacklist, policy),
    environment,
  };
  const text = renderTest('add-auth-verify/auth-verify.test.ts.hbs', view, style, testing);
  draft.create(test, 'unit-test', text);
}

function verifyTestView(
  repo: Repo,
  service: Service,
  files: VerifyFiles,
  path: string,
  blacklist: Blacklist,
  policy: TokenPolicy,
): Omit<VerifyTestView, 'environment'> {
  const { jwt } = service;
  const { tenantIdClaims, userIdClaims } = identityView(jwt);
  const test = testFileFor(service, files.plugin, 'auth-verify');
  const fastifyJwt = jwt.library === '@fastify/jwt' || jwt.library === 'none';
  const userIdClaim = userIdClaimOf(jwt);
  const isAbsent = (name: string): boolean =>
    policy.rules.some(({ claim, kind }) => claim === name && kind === 'absent');
  const tenantClaim = jwt.claims.find((name) => /^(tenant|org)/.test(name) && !isAbsent(name));
  const isTold = /^\(?process\.env/.test(jwt.secret?.expression ?? '');
  const decorated = decoratedConfig(service);
  const secretEnv = decorated === undefined && (jwt.secret?.env ?? (jwt.library === 'none' && 'JWT_SECRET'));
  const standIns = followedPlugins(repo, service, files, blacklist).map(standIn);
  return {
    packageImports: importLines(service, test, packageWants(fastifyJwt, standIns.length > 0)),
    ownImports: importLines(service, test, ownWants(files, blacklist)),
    routeImport: dynamicSpecifier(service, test, files.plugin),
    path,
    secret: secretLiteral,
    secretVariables: secretEnv === false ? [] : [secretEnv],
    preparations: [...standIns, ...(decorated ?? []), ...(fastifyJwt ? [registration(service)] : [])],
    defaults: ["serviceAuthSecret: ''", ...(blacklist === 'none' ? [] : [inertStore])].join(', '),
    secretEnv,
    guardsSecret: isTold || jwt.library === 'none',
    algorithm: jwt.algorithm,
    otherAlgorithm: jwt.algorithm === 'HS512' ? "'HS256'" : "'HS512'",
    userIdClaims,
    tenantIdClaims,
    userIdClaim,
    ...testClaims(policy, userIdClaim, tenantClaim),
    blacklist: blacklist !== 'none',
  };
}

/** As the login signs it. */
function userIdClaimOf({ claims, user }: Service['jwt']): string {
  const usual = claims.find((name) => ['sub', 'userId', 'user_id', 'id'].includes(name));
  return user?.userId?.at(-1) ?? usual ?? 'sub';
}

const inertStore = 'blacklistStore: { add: () => Promise.resolve(), has: () => Promise.resolve(false) }';

/** Has the name of a plugin that the route depends on, and nothing else of it. */
function standIn(name: string): string {
  return `await app.register(fp((_app, _options, done) => { done(); }, { name: ${printString(name)} }));`;
}

function registration({ jwt: { namespace } }: Service): string {
  const named = namespace === undefined ? '' : `, namespace: ${printString(namespace)}`;
  return `await app.register(fastifyJwt, { secret: SECRET${named} });`;
}

/** `app.config.jwt.secret` → `{ jwt: { secret: SECRET } }`; undefined where the secret is not read from the instance. */
function decoratedConfig({ jwt }: Service): readonly string[] | undefined {
  const [, keys] =
    /^\(?app\.config((?:\.\w+|\[['"]\w+['"]\])+)(?: \?\? ''\))?$/.exec(jwt.secret?.expression ?? '') ?? [];
  if (keys === undefined) return undefined;
  const config = (keys.match(/\w+/g) ?? []).reduceRight((value, key) => `{ ${key}: ${value} }`, 'SECRET');
  return [
    '// The plugin of the service that decorates this asks for everything else, too.',
    `app.decorate('config', ${config} as FastifyInstance['config']);`,
  ];
}

function packageWants(fastifyJwt: boolean, fastifyPlugin: boolean): readonly ImportWant[] {
  return [
    { from: 'fastify', default: 'Fastify', names: ['type FastifyInstance'] },
    ...(fastifyPlugin ? [{ from: 'fastify-plugin', default: 'fp' }] : []),
    ...(fastifyJwt ? [{ from: '@fastify/jwt', default: 'fastifyJwt' }] : []),
  ];
}

function ownWants(files: VerifyFiles, blacklist: Blacklist): readonly ImportWant[] {
  const store = { from: files.blacklist, names: ['BlacklistStore'], typeOnly: true };
  return [
    { from: files.plugin, names: ['AuthVerifyOptions'], typeOnly: true },
    ...(blacklist === 'none' ? [] : [store]),
    { from: files.claims, names: ['decodeClaims'] },
  ];
}

type TestClaims = Pick<
  VerifyTestView,
  'usualClaims' | 'identity' | 'sparseClaims' | 'sparseIdentity' | 'freeKinds' | 'otherPurposes'
>;

const kinds = ['token_use', 'token_type', 'tokenType', 'type', 'typ'];

/** Claims of tokens as the login signs them, and what makes them tokens for something else. */
function testClaims(
  { demanded, rules }: Pick<TokenPolicy, 'demanded' | 'rules'>,
  userIdClaim: string,
  tenantClaim: string | undefined,
): TestClaims {
  const isAbsent = (claim: string): boolean =>
    rules.some((rule) => rule.claim === claim && rule.kind === 'absent');
  const isNeeded = (claim: string): boolean =>
    rules.some((rule) => rule.claim === claim && rule.kind === 'present');
  const optional = [
    ...(isAbsent('email') ? [] : [{ claim: 'email', name: 'email', text: 'user@example.com' }]),
    ...(tenantClaim === undefined || isAbsent(tenantClaim)
      ? []
      : [{ claim: tenantClaim, name: 'tenantId', text: 'tenant-1' }]),
  ];
  const marks = new Map([...demanded, ...rules.flatMap(markOf)]);
  for (const { claim } of [{ claim: userIdClaim }, ...optional]) marks.delete(claim);
  const entries = [
    { claim: userIdClaim, text: 'user-1' },
    ...optional,
    ...[...marks].map(([claim, text]) => ({ claim, text })),
  ];
  const needed = optional.filter(({ claim }) => isNeeded(claim));
  return {
    usualClaims: entries.map(({ claim, text }) => `${keyOf(claim)}: ${printString(text)}`).join(', '),
    identity: optional.map(identityOf).join(''),
    sparseClaims: optional
      .filter((one) => !needed.includes(one))
      .map(({ claim }) => `, ${keyOf(claim)}: undefined`)
      .join(''),
    sparseIdentity: needed.map(identityOf).join(''),
    freeKinds: kinds
      .filter((kind) => !rules.some(({ claim }) => claim === kind))
      .map((text) => printString(text))
      .join(', '),
    otherPurposes: rules.map(breakOf),
  };
}

function identityOf({ name, text }: Readonly<{ name: string; text: string }>): string {
  return `, ${name}: ${printString(text)}`;
}

function markOf(rule: PurposeRule): readonly (readonly [string, string])[] {
  if (rule.kind === 'one-of') return [[rule.claim, rule.texts[0] ?? '']];
  return rule.kind === 'present' ? [[rule.claim, 'some']] : [];
}

function breakOf(rule: PurposeRule): string {
  const key = keyOf(rule.claim);
  switch (rule.kind) {
    case 'one-of':
      return `${key}: 'something else'`;
    case 'none-of':
      return `${key}: ${printString(rule.texts[0] ?? '')}`;
    case 'present':
      return `${key}: undefined`;
    case 'absent':
      return `${key}: 'something else'`;
  }
}

function keyOf(claim: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(claim) ? claim : printString(claim);
}
