import {
  findStartCommand,
  folderExpression,
  folderImports,
  type StartCommand,
} from '../_engine/facts/start-command.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import type { Protection } from '../_engine/facts/routes/protection.ts';
import { likelyPublicRoutes, opens } from '../_engine/facts/routes/public-routes.ts';
import type { Route } from '../_engine/model/app-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey, type Survey, withoutGenerated } from '../_engine/program/survey.ts';
import { callsIn } from '../_engine/syntax/calls.ts';
import { stringOf } from '../_engine/syntax/expressions.ts';
import { printKey } from '../_engine/syntax/print.ts';
import { type Issuer, issuerOf, loginView, signScripts } from './issuer.ts';

import type { ConsumerView, IntegrationView, Logout, Script } from './view.ts';

/** What the integration test of one consumer is about. */
export interface Integration {
  readonly consumer: Service;
  /** Undefined: it is not in the repo. */
  readonly auth: Service | undefined;
  readonly protection: Protection;
  /** The logins that `--login` names. */
  readonly named: readonly string[];
  /** What `--public` opens: `GET /health`. */
  readonly open: readonly string[];
  readonly path: string;
  readonly test: RelPath;
  /** The variable with the URL of the auth service. */
  readonly urlVariable: string;
}

/** The test to write. */
interface IntegrationTest {
  readonly view: ConsumerView;
  /** False: a stand-in takes the part of the auth service. */
  readonly authInRepo: boolean;
}

/** The test and its view; a sentence that says why there can be none. `repo` has the plan so far. */
export function integrationTest(repo: Repo, integration: Integration): IntegrationTest | string {
  const { auth, consumer, open, protection } = integration;
  const route = guardedRoute(consumer, protection, open);
  if (route === undefined) {
    return noGuardedRoute(consumer, protection);
  }
  const { guard, name } = consumer;
  if (guard !== undefined) {
    return `${name} has no service-to-service test: it would also have to pass the guard in ${guard.path}:${String(guard.line)}.`;
  }
  const start = findStartCommand(consumer, 'consumer');
  if (start === undefined) {
    return `${consumer.name} has no service-to-service test: found no file that a test could start.`;
  }
  const view = consumerView(repo, integration, route, start);
  const issuer = auth === undefined ? undefined : issuerOf(repo, auth, integration.named);
  const authStart = auth === undefined || issuer === undefined ? undefined : findStartCommand(auth, 'auth');
  // A test could not start it, or sign its tokens.
  if (auth === undefined || issuer === undefined || authStart === undefined)
    return { view, authInRepo: false };
  return { view: withAuth(repo, integration, view, { auth, issuer, start: authStart }), authInRepo: true };
}

function consumerView(
  repo: Repo,
  { auth, consumer, path, test, urlVariable }: Integration,
  route: Route,
  start: StartCommand,
): ConsumerView {
  return {
    folderImports: folderImports(consumer),
    authName: auth?.name ?? 'the auth service',
    consumerName: consumer.name,
    consumerDir: folderExpression(consumer, test, consumer.dir),
    consumerPort: start.port,
    consumerArgs: start.args,
    consumerEnv: [...start.env, `${urlVariable}: auth.origin`, 'SERVICE_AUTH_SECRET: SERVICE_SECRET'],
    scripts: scriptsOf('CONSUMER_SCRIPT', start),
    logging: logsIds(repo, consumer) ? ['consumer'] : [],
    invalidTokens: "'garbage'",
    path,
    guardedUrl: route.url.replaceAll(/:\w+|\*/g, '1'),
    guardedMethod: route.method,
  };
}

/** An auth service that a test can start and sign tokens of. */
interface AuthSide {
  readonly auth: Service;
  readonly issuer: Issuer;
  readonly start: StartCommand;
}

function withAuth(
  repo: Repo,
  { consumer, test }: Integration,
  view: ConsumerView,
  { auth, issuer, start }: AuthSide,
): IntegrationView {
  const { algorithm, secretEnv } = issuer;
  // A guard of its own verifies the same tokens.
  const ownEnv = consumer.jwt.secret?.env;
  return {
    ...view,
    consumerEnv: [...view.consumerEnv, ...(ownEnv === undefined ? [] : [`${printKey(ownEnv)}: JWT_SECRET`])],
    authDir: folderExpression(consumer, test, auth.dir),
    authPort: start.port,
    authArgs: start.args,
    authEnv: [...start.env, `${printKey(secretEnv)}: JWT_SECRET`, 'SERVICE_AUTH_SECRET: SERVICE_SECRET'],
    scripts: [...scriptsOf('AUTH_SCRIPT', start), ...signScripts(auth, issuer), ...view.scripts],
    logging: [...view.logging, ...(logsIds(repo, auth) ? ['auth'] : [])],
    invalidTokens: `${view.invalidTokens}, createToken('another secret')`,
    ...loginView(issuer, start),
    algorithm,
    digest: algorithm.replace('HS', 'sha'),
    logouts: findLogouts(repo, auth),
  };
}

function scriptsOf(name: string, { script }: StartCommand): readonly Script[] {
  return script === undefined
    ? []
    : [{ name, does: 'Starts an application that does not listen by itself', lines: script }];
}

function noGuardedRoute({ name, routes }: Service, { all, plugins }: Protection): string {
  const asksNone = !all && plugins.length === 0;
  const why = asksNone
    ? 'none of its routes requires a token'
    : routes.length === 0
      ? 'its routes cannot be analysed'
      : 'all routes found are public';
  return `${name} has no service-to-service test: ${why}.`;
}

/** Generated files that have the header; where the records are lost, nothing else tells that they are generated. */
const withIds = [
  'authentication',
  'balanced-client',
  'request-context',
  'request-spans',
  'service-client',
  'service-request',
  'verify-route',
];

/** What has correlation IDs of its own may put them on another logger than that of the lines that a test waits for. */
function logsIds({ origin }: Repo, service: Service): boolean {
  const survey = withoutGenerated(openSurvey(origin, service));
  const generated = withIds.flatMap((name) => [
    placeFile(service, 'utils', name),
    placeFile(service, 'plugins', name),
  ]);
  const own = survey.files.filter((path) => !generated.includes(path));
  return service.app.logs && !own.some((path) => /x-correlation-id/i.test(survey.text(path)));
}

/** The logout routes that revoke, and ask for nothing but the token. */
function findLogouts(repo: Repo, auth: Service): readonly Logout[] {
  const survey = openSurvey(repo, auth);
  return auth.routes
    .flatMap((plugin) => plugin.routes)
    .filter(
      ({ path, url }) =>
        /log-?out|sign-?out/.test(url) && repo.read(path)?.includes('.revokeRequest(') === true,
    )
    .slice(0, 1)
    .filter((route) => !readsBody(survey, route))
    .map(({ method, url }) => ({ method, url }));
}

/** By its handler or its schema: a test would be refused without knowing what to send. */
function readsBody(survey: Survey, { path, url }: Route): boolean {
  const calls = callsIn(survey.tree(path)).filter(({ arguments: [first] }) => {
    const own = stringOf(first) ?? '';
    return own !== '' && url.endsWith(own);
  });
  return calls.some(({ arguments: given }) =>
    given.some((each) =>
      [each, survey.names.value(each, path)?.node].some((node) => /\bbody\b/.test(node?.getText() ?? '')),
    ),
  );
}

/** A route that asks for a token: rather one that only reads, and that takes no parameters. */
function guardedRoute(
  consumer: Service,
  { all, plugins }: Protection,
  open: readonly string[],
): Route | undefined {
  const likely = likelyPublicRoutes(consumer);
  const isOpen = (route: Route): boolean =>
    route.public !== undefined || likely.includes(route) || open.some((entry) => opens(entry, route));
  const routes = (all ? consumer.routes : plugins)
    .flatMap((plugin) => plugin.routes)
    .filter((route) => !all || !isOpen(route));
  const reading = routes.filter(({ method }) => method === 'GET');
  return reading.find(({ url }) => !/[:*]/.test(url)) ?? reading[0] ?? routes[0];
}
