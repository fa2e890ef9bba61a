import { generator as serviceClient } from '../add-service-client/index.ts';
import { declareVariables, readVariable } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { freePluginName, registerPlugin } from '../_engine/edit/register-plugin.ts';
import { findClient, foreignClient } from '../_engine/facts/calls/installed-client.ts';
import { dependenciesOption, findPluginDependencies } from '../_engine/facts/app/decorations.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { findAllowedServices } from '../_engine/facts/auth/allowed-services.ts';
import { routeKey } from '../_engine/facts/routes/public-routes.ts';
import { hasUnknown, type TypedRoute } from '../_engine/facts/route-types/shape.ts';
import { importLines, importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';
import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { AnswersTo } from '../_engine/model/generator.ts';
import { RefusalError } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import { render, renderModule } from '../_engine/render/render.ts';
import { printString } from '../_engine/syntax/print.ts';
import { adoptCalls, type CalledClient, keepAnswerFiles } from './adopt.ts';
import { type Callee, findCallee } from './callee.ts';
import { camelCase, classNameOf, nameMethods } from './method-names.ts';
import { type CallMethod, declarationsOf, methodOf } from './methods.ts';
import { planServiceTest } from './service-test.ts';
import type { ServiceCallView } from './view.ts';

export type ServiceCallAnswers = AnswersTo<typeof serviceClient.questions> & {
  readonly to: readonly string[];
  readonly routes: readonly string[];
  readonly adopt: boolean;
};

/** One client for each callee, registered; the ServiceClient if missing. @throws RefusalError */
export async function planServiceCall(answers: ServiceCallAnswers, repo: Repo): Promise<Plan> {
  const service = surveyTarget(repo, answers);
  const draft = openDraft(repo);
  const client = await planClient(draft, service, answers);
  const base = placeFile(service, 'utils', 'route-client');
  const specifiers = {
    '../add-service-client/service-client.ts': importSpecifier(service, base, client),
  };
  const text = renderModule('add-service-call/route-client.ts', specifiers, service.style);
  draft.create(base, 'service-call', text);
  const clients: CalledClient[] = [];
  for (const wanted of answers.to) {
    const callee = await findCallee(repo, service, wanted);
    const called = await planCallee(draft, service, callee, { base, client }, answers.routes);
    planServiceTest(draft, service, called, client);
    clients.push(called);
  }
  keepAnswerFiles(draft, service, client);
  if (answers.adopt) adoptCalls(draft, service, clients, client);
  declareDependencies(draft, service, fastifyPlugin(service));
  return draft.finish();
}

/** Brings the client if there is none, and plans our own again, as the variant that it is. */
async function planClient(draft: Draft, service: Service, answers: ServiceCallAnswers): Promise<RelPath> {
  const installed = findClient(draft.repo, service);
  if (installed !== undefined && installed.variant === undefined)
    throw new RefusalError(foreignClient(installed.path, 'cannot send all that a typed call takes'));
  const parts = [...new Set([...answers.with, 'context' as const])];
  await draft.include(serviceClient.plan({ ...answers, with: parts, ...installed?.variant }, draft.repo));
  return placeFile(service, 'shared', 'service-client');
}

async function planCallee(
  draft: Draft,
  service: Service,
  callee: Callee,
  { base, client }: Readonly<{ base: RelPath; client: RelPath }>,
  routes: readonly string[],
): Promise<CalledClient> {
  const file = placeFile(service, 'plugins', `${callee.name}-client`);
  const methods = chooseMethods(callee, routes);
  const guarded = methods.map(({ route }) => routeKey(route)).find((key) => callee.guarded.has(key));
  const { expression, imports } = readVariable(service, callee.variable);
  const context = contextOf(draft.repo, service, callee, imports);
  const hasDefault = imports.length > 0 && service.config.file !== undefined;
  const decorator = chooseDecorator(service, camelCase(callee.name), file);
  const view: ServiceCallView = {
    imports: importLines(service, file, [
      { from: 'fastify-plugin', default: 'fp' },
      { from: client, names: clientNames(methods) },
      { from: base, names: ['type CallOptions', 'RouteClient'] },
      ...context.imports,
    ]),
    types: declarationsOf(methods, callee.types),
    service: callee.label,
    className: classNameOf(callee.name),
    decorator,
    urlExpression: hasDefault ? expression : `${expression} ?? ${printString(callee.defaultUrl)}`,
    clientOptions: `logger: app.log, context: ${context.expression}${guarded === undefined ? '' : ', forwardToken: true'}`,
    pluginName: freePluginName(service, file, `${callee.name}-client`),
    dependencies: dependenciesOption(findPluginDependencies(draft.repo, service, file, [expression])),
    methods: methods.map((one) => one.view),
  };
  draft.create(file, 'service-call', render('add-service-call/service-call.ts.hbs', view, service.style));
  draft.note(
    ...methods.flatMap(({ notes }) => notes),
    ...(guarded === undefined ? [] : [tokenNote(callee, guarded)]),
  );
  registerPlugin(draft, service, { file, plugin: `${camelCase(callee.name)}Client` });
  await declareUrl(draft, service, callee);
  return { callee, decorator, methods, forwardsToken: guarded !== undefined };
}

/** That of the request; outside of one a token of the service itself, where the callee lets it in by that. */
function contextOf(
  repo: Repo,
  service: Service,
  { destination }: Callee,
  others: readonly ImportWant[],
): Readonly<{ expression: string; imports: readonly ImportWant[] }> {
  const context = { from: placeFile(service, 'plugins', 'request-context'), names: ['currentContext'] };
  const tokens = placeFile(service, 'utils', 'service-tokens');
  const head = surveyHeads(repo).find(({ dir }) => dir === destination?.head.dir);
  const isAllowed =
    head !== undefined && findAllowedServices(openSurvey(repo, head)).names.includes(service.name);
  if (!isAllowed || repo.read(tokens) === undefined)
    return { expression: 'currentContext', imports: [context, ...others] };
  return {
    expression: `outsideOfRequests(currentContext, () => app.serviceToken(${printString(head.name)}))`,
    imports: [context, { from: tokens, names: ['outsideOfRequests'] }, ...others],
  };
}

function clientNames(methods: readonly CallMethod[]): readonly string[] {
  return [
    'ServiceClient',
    ...(methods.some(({ errors }) => errors.length > 0) ? ['type ServiceClientError'] : []),
  ];
}

async function declareUrl(
  draft: Draft,
  service: Service,
  { defaultUrl, destination: to, variable: name }: Callee,
): Promise<void> {
  await declareVariables(draft, service, [{ name, value: defaultUrl, type: 'url', default: defaultUrl, to }]);
}

function tokenNote({ label }: Callee, guarded: string): string {
  return `The client of ${label} sends the Bearer token of the request on: ${guarded} has a guard.`;
}

/** The methods of the routes that were asked for. @throws RefusalError E_INVALID_FLAG */
function chooseMethods(callee: Callee, asked: readonly string[]): readonly CallMethod[] {
  const { label, routes, types, unasked, wanted } = callee;
  const names = nameMethods(routes);
  const own = asked.map((one) => (one.startsWith(`${wanted}:`) ? one.slice(wanted.length + 1) : one));
  const isAsked = ({ isText, route }: TypedRoute, name: string): boolean => {
    const isUsual = isText !== true && !unasked.has(route.url);
    return own.includes(name) || own.includes(routeKey(route)) || (own.includes('all') && isUsual);
  };
  const chosen = routes.map((route, index) => ({ route, name: names[index] ?? '' }));
  const found = chosen.filter(({ name, route }) => isAsked(route, name));
  assertReadable(
    callee,
    found.map(({ route }) => route),
  );
  if (found.length > 0)
    return found.map(({ name, route }) => methodOf(route, name, types, (one) => types.has(one)));
  const known = routes.map(({ route }, index) => `${names[index] ?? ''} (${route.method} ${route.url})`);
  throw new RefusalError({
    code: 'E_INVALID_FLAG',
    message: `${label} has none of the routes that --routes names.`,
    remedy:
      known.length === 0
        ? 'No route of it was found that can be called.'
        : `Use all, or some of: ${known.join(', ')}.`,
  });
}

/** Types that are not known because nothing is installed would replace those that are. @throws RefusalError E_MISSING_PART */
function assertReadable({ label, missing, types }: Callee, routes: readonly TypedRoute[]): void {
  const unread = routes.filter(({ answer, body, failures }) =>
    [answer, body, ...failures.map(({ shape }) => shape)].some((shape) => hasUnknown(shape, types)),
  );
  if (missing.length === 0 || unread.length === 0) return;
  throw new RefusalError({
    code: 'E_MISSING_PART',
    message: `${label} imports what is not installed or not generated (${missing.join(', ')}), so these routes have no types: ${unread.map(({ route }) => routeKey(route)).join(', ')}.`,
    remedy:
      'Install or generate it and run the command again, or name an OpenAPI document of the service with --to.',
  });
}

/** The first name that no other plugin gives to the instance. @throws RefusalError E_DECORATOR_TAKEN */
function chooseDecorator({ decorators, name: service }: Service, name: string, own: RelPath): string {
  const taken = decorators.filter(({ at }) => at?.path !== own).map((one) => one.name);
  const names = [name, `${name}Service`, `${name}Client`];
  const free = names.find((one) => !taken.includes(one) && !ofInstances.has(one));
  if (free !== undefined) return free;
  throw new RefusalError({
    code: 'E_DECORATOR_TAKEN',
    message: `The names ${names.join(', ')} are taken in ${service}.`,
    remedy: 'Rename one of the existing decorators and run the command again.',
  });
}

/** Members that an instance has by itself and that a service may be called as. */
const ofInstances: ReadonlySet<string> = new Set([
  'server',
  'log',
  'version',
  'ready',
  'close',
  'register',
  'route',
  'inject',
  'listen',
  'prefix',
]);
