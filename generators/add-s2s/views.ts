import type { Route } from '../_engine/model/app-facts.ts';
import { dirnameRel, relativeRel, type RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { printKey, printString } from '../_engine/syntax/print.ts';
import type { Protection } from '../_engine/facts/routes/protection.ts';
import { guardedRoute } from './guarded-route.ts';
import { findStartCommand } from './start-command.ts';
import type { IntegrationView } from './view.ts';

/** What the integration test of one consumer is about. */
export interface Integration {
  readonly consumer: Service;
  /** Undefined: it is not in the repo. */
  readonly auth: Service | undefined;
  readonly protection: Protection;
  /** What `--public` opens: `GET /health`. */
  readonly open: readonly string[];
  readonly path: string;
  readonly test: RelPath;
}

/** The view of the test; a sentence that says why there can be none. `repo` has the plan so far. */
export function integrationView(repo: Repo, integration: Integration): IntegrationView | string {
  const { consumer, open, path, protection, test } = integration;
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
  const folder = (dir: RelPath): string => folderExpression(consumer, test, dir);
  const authSide = authView(repo, integration, folder);
  return {
    ...authSide,
    esm: consumer.modules.system === 'esm',
    consumerName: consumer.name,
    consumerDir: folder(consumer.dir),
    consumerPort: start.port,
    picksPort: start.port === false || (authSide.authInRepo && authSide.authPort === false),
    consumerArgs: start.args,
    consumerScript: start.script ?? false,
    consumerEnv: [...start.env, 'AUTH_SERVICE_URL: auth.origin', 'SERVICE_AUTH_SECRET: SERVICE_SECRET'],
    consumerLogs: consumer.app.logs,
    path,
    guardedUrl: route.url.replaceAll(/:\w+|\*/g, '1'),
    guardedMethod: route.method !== 'GET' && route.method,
  };
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

type AuthKeys = `auth${string}` | 'claims' | 'algorithm' | 'digest' | `logout${string}`;

/** The side of the auth service; a stand-in takes its part when a test could not start it or sign its tokens. */
function authView(
  repo: Repo,
  { auth }: Integration,
  folder: (dir: RelPath) => string,
): Pick<IntegrationView, Extract<keyof IntegrationView, AuthKeys>> {
  const issuer = auth === undefined ? undefined : issuerOf(auth);
  const start = auth === undefined || issuer === undefined ? undefined : findStartCommand(auth, 'auth');
  const logout = auth === undefined || start === undefined ? undefined : findLogout(repo, auth);
  const secret = issuer === undefined ? [] : [`${printKey(issuer.secretEnv)}: JWT_SECRET`];
  return {
    authInRepo: start !== undefined,
    authName: auth?.name ?? 'the auth service',
    authDir: auth === undefined ? '' : folder(auth.dir),
    authPort: start?.port ?? false,
    authArgs: start?.args ?? '',
    authScript: start?.script ?? false,
    authEnv: [...(start?.env ?? []), ...secret, 'SERVICE_AUTH_SECRET: SERVICE_SECRET'],
    authLogs: start !== undefined && auth?.app.logs === true,
    claims: issuer?.claims ?? '',
    algorithm: issuer?.algorithm ?? '',
    digest: issuer?.algorithm.replace('HS', 'sha') ?? '',
    logoutUrl: logout?.url ?? false,
    logoutMethod: logout?.method ?? '',
  };
}

function folderExpression({ modules }: Service, test: RelPath, dir: RelPath): string {
  const path = printString(folderReference(modules, relativeRel(dirnameRel(test), dir)));
  return modules.system === 'esm'
    ? `fileURLToPath(new URL(${path}, import.meta.url))`
    : `resolve(__dirname, ${path})`;
}

/** A URL reads some signs in another way than a path: `%`, `?` and `#` are its own. */
function folderReference({ system }: Service['modules'], path: string): string {
  return system === 'esm' ? path.replace(/[%?#]/g, encodeURIComponent) : path;
}

interface Issuer {
  readonly secretEnv: string;
  readonly algorithm: string;
  readonly claims: string;
}

/** How a test can sign what the service signs; undefined when the secret does not come from the environment. */
function issuerOf({ jwt }: Service): Issuer | undefined {
  const { algorithm } = jwt;
  const secretEnv = jwt.library === 'none' ? 'JWT_SECRET' : jwt.secret?.env;
  if (secretEnv === undefined || !/^HS(256|384|512)$/.test(algorithm)) return undefined;
  const userId = jwt.claims.find((name) => ['sub', 'userId', 'user_id', 'id'].includes(name)) ?? 'sub';
  const tenant = jwt.claims.find((name) => /^(tenant|org)/.test(name));
  const entries = [
    `${printKey(userId)}: '1'`,
    "email: 'user@example.com'",
    ...(tenant === undefined ? [] : [`${printKey(tenant)}: 'tenant-1'`]),
    ...(jwt.issuer === undefined ? [] : [`iss: ${printString(jwt.issuer)}`]),
    ...(jwt.audience === undefined ? [] : [`aud: ${printString(jwt.audience)}`]),
  ];
  return { secretEnv, algorithm, claims: entries.join(', ') };
}

/** The logout route, once it revokes. */
function findLogout(repo: Repo, auth: Service): Route | undefined {
  return auth.routes
    .flatMap((plugin) => plugin.routes)
    .find(
      ({ path, url }) =>
        /log-?out|sign-?out/.test(url) && repo.read(path)?.includes('.revokeRequest(') === true,
    );
}
