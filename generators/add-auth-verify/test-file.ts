import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { printKey, printString } from '../_engine/syntax/print.ts';
import { type TokenPolicy } from './token-policy.ts';
import { dynamicSpecifier, importLines, testFileFor } from '../_engine/facts/style/place-file.ts';
import { printStandIn, testEnvironment } from '../_engine/edit/env-schema.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { renderTest } from '../_engine/render/render.ts';
import type { Blacklist, VerifyTestView } from './view.ts';
import type { VerifyFiles } from './files.ts';
import { followedPlugins } from './views.ts';
import { userIdPath } from '../_engine/facts/auth/login-tokens.ts';
import { printSample, textSample } from '../_engine/facts/auth/type-samples.ts';
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
  if (policy.login.signer === undefined && jwt.signs.length > 0) {
    const [at] = jwt.signs;
    const unseen = policy.login.isUserSeen
      ? ''
      : ` That call does not show the claim ${userIdPath(jwt).join('.')}, so they cannot tell whether logins have it: verify the token of a real login once.`;
    draft.note(
      `The tests of POST ${path} sign tokens themselves, with the claims of ${placeText(at)}: no exported function signs those of a login, or a test could not make its arguments.${unseen}`,
    );
  }
}

function placeText(at: Readonly<{ path: string; line: number }> | undefined): string {
  return at === undefined ? 'the login' : `${at.path}:${String(at.line)}`;
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
  const test = testFileFor(service, files.plugin, 'auth-verify');
  const fastifyJwt = jwt.library === '@fastify/jwt' || jwt.library === 'none';
  const isTold = /^\(?process\.env/.test(jwt.secret?.expression ?? '');
  const decorated = decoratedConfig(service);
  const secretEnv = decorated === undefined && (jwt.secret?.env ?? (jwt.library === 'none' && 'JWT_SECRET'));
  const standIns = followedPlugins(repo, service, files, blacklist).map(printStandIn);
  return {
    packageImports: importLines(service, test, packageWants(fastifyJwt, standIns.length > 0)),
    ownImports: importLines(service, test, ownWants(files, blacklist)),
    routeImport: dynamicSpecifier(service, test, files.plugin),
    path,
    secret: secretLiteral,
    secretVariables: secretEnv === false ? [] : [secretEnv],
    preparations: [...standIns, ...(decorated ?? []), ...(fastifyJwt ? [registration(service)] : [])],
    defaults: ["serviceAuthSecret: ''", ...(blacklist === 'none' ? [] : ['blacklistStore: store'])].join(
      ', ',
    ),
    secretEnv,
    guardsSecret: isTold || jwt.library === 'none',
    algorithm: jwt.algorithm,
    otherAlgorithm: jwt.algorithm === 'HS512' ? 'HS256' : 'HS512',
    ...loginView(service, test, policy),
    otherPurposes: policy.rules.map(breakOf),
    blacklist: blacklist !== 'none',
  };
}

type LoginView = Pick<VerifyTestView, 'answer' | 'login' | 'loginIs' | 'nobody' | 'signers'>;

/** A token as the login signs it: by its own function where a test can call that. */
function loginView(
  service: Service,
  test: RelPath,
  { demanded, login: { answer, claims, signer }, rules }: TokenPolicy,
): LoginView {
  const shared = {
    answer: printSample(answer),
    nobody: `${printKey(userIdPath(service.jwt)[0] ?? 'sub')}: undefined`,
  };
  if (signer === undefined) {
    const marks = new Map([...demanded, ...rules.flatMap(markOf)]);
    for (const { claim } of rules.filter(({ kind }) => kind === 'absent')) marks.delete(claim);
    const missing = [...marks].filter(([claim]) => claims.members?.has(claim) !== true);
    const members = new Map([
      ...(claims.members ?? []),
      ...missing.map(([claim, text]) => [claim, textSample(claim, text)] as const),
      ['exp', { code: 'inSeconds(60)' }],
    ]);
    const login = `sign(${printSample({ code: '', members })})`;
    return { ...shared, signers: [], login, loginIs: 'A token with the claims of the login' };
  }
  const call = `${signer.name}(${signer.arguments})`;
  return {
    ...shared,
    signers: [{ name: signer.name, from: dynamicSpecifier(service, test, signer.want.from as RelPath) }],
    login: signer.takesApp ? `buildApp().then((app) => ${call})` : call,
    loginIs: 'A token as the service signs it for a login',
  };
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
    { from: 'fastify', default: 'Fastify', names: ['type FastifyInstance', 'type LightMyRequestResponse'] },
    ...(fastifyPlugin ? [{ from: 'fastify-plugin', default: 'fp' }] : []),
    ...(fastifyJwt ? [{ from: '@fastify/jwt', default: 'fastifyJwt' }] : []),
  ];
}

function ownWants(files: VerifyFiles, blacklist: Blacklist): readonly ImportWant[] {
  const store = { from: files.blacklist, names: ['BlacklistStore'], typeOnly: true };
  return [
    { from: files.plugin, names: ['AuthVerifyOptions'], typeOnly: true },
    ...(blacklist === 'none' ? [] : [store]),
    { from: files.tokenKey, names: ['decodePart'] },
  ];
}

function markOf(rule: PurposeRule): readonly (readonly [string, string])[] {
  if (rule.kind === 'one-of') return [[rule.claim, rule.texts[0] ?? '']];
  return rule.kind === 'present' ? [[rule.claim, 'some']] : [];
}

function breakOf(rule: PurposeRule): string {
  const key = printKey(rule.claim);
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
