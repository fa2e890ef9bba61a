import { generator as serviceCall } from '../add-service-call/index.ts';
import { declareVariables, readVariable } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import {
  ensurePublicRoute,
  findPublicRoutes,
  freePluginName,
  registerPlugin,
} from '../_engine/edit/register-plugin.ts';
import { dependenciesOption, findPluginDependencies } from '../_engine/facts/app/decorations.ts';
import { findGuardsAhead } from '../_engine/facts/auth/root-hooks.ts';
import { importLines, importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { checkRecorded, recordedAnswers } from '../_engine/record/recorded-answers.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { render, renderModule } from '../_engine/render/render.ts';
import { printString } from '../_engine/syntax/print.ts';
import { createTest } from './callee.ts';
import type { ServiceIdentityView } from './view.ts';

const keySetUrl = '/.well-known/jwks.json';

/** Its typed clients send the token; a client of another make is given it by hand. */
export async function planClients(
  draft: Draft,
  caller: Service,
  callee: Service,
  targets: readonly RelPath[],
): Promise<void> {
  const [clients] = recordedAnswers(draft.repo, caller.dir, ['add-service-call']);
  if (clients === undefined) {
    draft.note(
      `Calls of ${callee.name} by ${caller.name} send its token with the options context: outsideOfRequests(currentContext, () => app.serviceToken('${callee.name}')) and forwardToken: true of a ServiceClient; add-service-call writes them.`,
    );
    return;
  }
  const asked = await checkRecorded(serviceCall.questions, clients, draft.repo);
  const shared = typeof clients['shared'] === 'string' ? clients['shared'] : 'none';
  await draft.include(serviceCall.plan({ ...asked, shared, target: caller.dir, targets }, draft.repo));
}

/** The key of a service, published, and tokens that it signs. */
export async function planCaller(draft: Draft, caller: Service): Promise<void> {
  const { style } = caller;
  const inUtils = (name: string): RelPath => placeFile(caller, 'utils', name);
  const plugin = placeFile(caller, 'plugins', 'service-identity');
  const keys = inUtils('signing-keys');
  const specifiers = Object.fromEntries(
    ['token-claims', 'token-key'].map((name) => [
      `./${name}.ts`,
      importSpecifier(caller, keys, inUtils(name)),
    ]),
  );
  for (const name of ['signing-keys', 'token-claims', 'token-key'])
    draft.create(inUtils(name), 'source', renderModule(`add-auth-verify/${name}.ts`, specifiers, style));
  createTokens(draft, caller, keys);
  const view = identityView(draft.repo, caller, plugin);
  draft.create(plugin, 'source', render('add-service-tokens/service-identity.ts.hbs', view, style));
  registerPlugin(draft, caller, { file: plugin, plugin: 'serviceIdentity' });
  // Where the middleware guards all routes, this one is for everybody.
  draft.patch(caller.app.file, 'registration', (base) =>
    ensurePublicRoute(base, `GET ${keySetUrl}`, detectStyle([base])),
  );
  declareDependencies(draft, caller, fastifyPlugin(caller));
  const names = ['SIGNING_KEYS', 'SIGNING_KEY_ID'];
  await declareVariables(
    draft,
    caller,
    names.map((name) => ({ name, value: '', type: 'string' })),
  );
}

function createTokens(draft: Draft, caller: Service, keys: RelPath): void {
  const tokens = placeFile(caller, 'utils', 'service-tokens');
  const specifiers = { '../add-auth-verify/signing-keys.ts': importSpecifier(caller, tokens, keys) };
  const text = renderModule('add-service-tokens/service-tokens.ts', specifiers, caller.style);
  draft.create(tokens, 'source', text);
  createTest(draft, caller, tokens, 'service-tokens', [
    { from: keys, names: ['createSigningKeys'] },
    { from: tokens, names: ['createServiceTokens', 'outsideOfRequests'] },
  ]);
}

function identityView(repo: Repo, caller: Service, plugin: RelPath): ServiceIdentityView {
  const inUtils = (name: string): RelPath => placeFile(caller, 'utils', name);
  const [keys, id] = [readVariable(caller, 'SIGNING_KEYS'), readVariable(caller, 'SIGNING_KEY_ID')];
  return {
    imports: importLines(caller, plugin, [
      { from: 'fastify-plugin', default: 'fp' },
      { from: inUtils('signing-keys'), names: ['createSigningKeys'] },
      { from: inUtils('service-tokens'), names: ['createServiceTokens'] },
      ...keys.imports,
    ]),
    service: printString(caller.name),
    privateKeys: keys.expression,
    currentKeyId: id.expression,
    pluginName: freePluginName(caller, plugin, 'service-identity'),
    dependencies: dependenciesOption(findPluginDependencies(repo, caller, plugin, [keys.expression])),
  };
}

/** What keeps a service from having a key of its own that others fetch. */
export function callerObstacles(repo: Repo, caller: Service): readonly Obstacle[] {
  const identity = placeFile(caller, 'plugins', 'service-identity');
  return [
    ...signerObstacles(caller, identity),
    ...closedKeySet(repo, caller),
    ...takenNames(caller, 'serviceToken', identity),
  ];
}

/** A service that signs tokens of users keeps its keys for that: the type alone would tell its tokens from them. */
function signerObstacles({ jwt, name, routes }: Service, identity: RelPath): readonly Obstacle[] {
  const published = routes
    .flatMap((plugin) => plugin.routes)
    .find(({ method, path, url }) => url === keySetUrl && method === 'GET' && path !== identity);
  const at = published ?? jwt.signs[0];
  if (at === undefined) return [];
  const { line, path } = at;
  return [
    {
      code: 'E_ROUTE_EXISTS',
      at: { path, line },
      message: `${name} cannot call as a service: it ${published === undefined ? 'signs tokens of users' : `publishes keys of its own at GET ${keySetUrl}`}, which are not to be mistaken for its own.`,
      remedy: 'Leave it out of --allow, and let a service beside it make these calls.',
    },
  ];
}

/** A guard of its own before the route would keep the key set from those who verify. */
function closedKeySet(repo: Repo, caller: Service): readonly Obstacle[] {
  const route = { method: 'GET', url: keySetUrl };
  const survey = openSurvey(repo, caller);
  const { closed, optOut } = findGuardsAhead(survey, route, undefined);
  const hooks = optOut.length > 0 ? [{ path: caller.app.file, line: undefined }] : closed;
  // An autoloaded middleware has the list in its own file, which is generated.
  const lists = survey.filesMatching(/\bpublicRoutes\b/).filter((path) => {
    const entries = path === caller.app.file ? undefined : findPublicRoutes(survey.text(path));
    return entries?.includes(`GET ${keySetUrl}`) === false;
  });
  return [...hooks, ...lists.map((path) => ({ path, line: undefined }))].map(({ line, path }) => ({
    code: 'E_ROUTE_GUARDED',
    at: { path, ...(line !== undefined && { line }) },
    message: `A hook of ${caller.name} refuses or may refuse GET ${keySetUrl}, which other services call without a token.`,
    remedy: `Let GET ${keySetUrl} pass there, for example by adding it to the public URLs, and run the command again.`,
    manual: printString(keySetUrl),
  }));
}

/** A name that the code of a service has already, but for our own file. */
export function takenNames(
  { decorators, requestDecorations }: Service,
  name: string,
  own: RelPath,
): readonly Obstacle[] {
  return [...decorators, ...requestDecorations]
    .filter((member) => member.name === name && member.at?.path !== own)
    .map(({ at }) => ({
      code: 'E_DECORATOR_TAKEN',
      ...(at !== undefined && { at }),
      message: `The name ${name} is taken in this service.`,
      remedy: 'Rename the existing declaration and run the command again.',
    }));
}
