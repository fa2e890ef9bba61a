import { basenameRel, type RelPath } from '../../model/paths.ts';
import type { ServiceHead } from '../../model/service.ts';
import { findShared, sharedFile } from '../../repo/shared-packages.ts';
import { readEnv } from '../../program/env-reads.ts';
import type { Survey } from '../../program/survey.ts';
import { invocationsIn, newsIn } from '../../syntax/calls.ts';
import { envNameOf, isProcessEnv, memberOf, propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { escapePattern } from '../../syntax/print.ts';
import { importsOf } from '../../syntax/symbols.ts';
import { placeOf, ts, walk } from '../../syntax/tree.ts';
import { findEnvExamples } from '../config/config.ts';

/** One place from which a service calls another: a client that is made for it, or a URL that it reads. */
export interface ServiceCall {
  readonly path: RelPath;
  /** 1-based. */
  readonly line: number;
  /** client: `new ServiceClient({ baseUrl })` · url: a variable that holds a URL, or a URL that is called as it stands. */
  readonly via: 'client' | 'url';
  readonly env?: string;
  /** The literal: what stands in for the variable, or what is called. */
  readonly url?: string;
}

/** A circuit breaker of the service's own, other than those inside clients. */
interface Circuit {
  readonly path: RelPath;
  readonly line: number;
}

const urlName =
  /^(?!.*(DATABASE|REDIS|POSTGRES|PG_|MYSQL|MONGO|AMQP|RABBIT|KAFKA|NATS|SENTRY|OTEL|DB_)).*_(URL|ORIGIN|ENDPOINT|BASE_URL)$/;

/** Every call by what the code says: clients first; a variable that a client reads counts once. */
export function findServiceCalls(survey: Survey): readonly ServiceCall[] {
  const clients = instantiationsOf(survey, 'ServiceClient').map(({ node, path, line }): ServiceCall => {
    const [given] = node.arguments ?? [];
    const options = given === undefined ? undefined : survey.names.value(given, path)?.node;
    const baseUrl =
      options !== undefined && ts.isExpression(options) ? propertyOf(options, 'baseUrl') : undefined;
    const { env, fallback } = baseUrl === undefined ? {} : readEnv(survey, baseUrl, path);
    return {
      path,
      line,
      via: 'client',
      ...(env !== undefined && { env }),
      ...(fallback !== undefined && { url: fallback }),
    };
  });
  const known = new Set(clients.map(({ env }) => env));
  const urls = findUrls(survey).filter(({ env }) => !known.has(env));
  const connected = urls.map((url) => (isConnected(survey, url) ? { ...url, via: 'client' as const } : url));
  return [...clients, ...connected, ...findLiterals(survey)];
}

/** Whether the variable is read for the client of the auth service: where what our authentication.ts exports is imported. */
function isConnected(survey: Survey, { path }: ServiceCall): boolean {
  const shared = findShared(survey.repo, survey.head.manifest);
  return [...importsOf(survey.tree(path)).values()].some(({ from, name }) => {
    if (name !== 'connectAuthService') return false;
    const module = survey.names.module(path, from) ?? (shared && sharedFile(shared, from));
    const connect = module === undefined ? undefined : survey.names.exported(module, name);
    return connect !== undefined && instantiationsIn(survey, connect.file, 'ServiceClient').length > 0;
  });
}

/** Breakers made outside of the ServiceClient, ours and opossum's. */
export function findCircuits(survey: Survey): readonly Circuit[] {
  return instantiationsOf(survey, 'CircuitBreaker')
    .filter(({ path }) => !/\bclass ServiceClient\b/.test(survey.text(path)))
    .map(({ path, line }) => ({ path, line }));
}

type Instantiation = Readonly<{ node: ts.NewExpression; path: RelPath; line: number }>;

function instantiationsOf(survey: Survey, className: string): readonly Instantiation[] {
  return survey
    .filesMatching(new RegExp(`\\bnew ${className}\\b`))
    .flatMap((path) => instantiationsIn(survey, path, className));
}

function instantiationsIn(survey: Survey, path: RelPath, className: string): readonly Instantiation[] {
  return newsIn(survey.tree(path))
    .filter(({ expression }) => expression.getText() === className)
    .map((node) => ({ node, ...placeOf(node, path) }));
}

/** Variables that hold the URL of a service, where they are first read or declared. */
function findUrls(survey: Survey): readonly ServiceCall[] {
  const found = new Map<string, ServiceCall>();
  for (const path of survey.filesMatching(/_(URL|ORIGIN|ENDPOINT)\b/)) {
    walk(survey.tree(path), (node) => {
      const name = variableOf(node);
      if (name !== undefined && urlName.test(name) && !found.has(name))
        found.set(name, {
          ...placeOf(node, path),
          via: 'url',
          env: name,
          ...fallbackOf(survey, node, path),
        });
      return true;
    });
  }
  return [...found.values()];
}

const caller =
  /^(fetch|request|stream|got|axios|ky|get|post|put|patch|delete|head|create|extend|Pool|Client)$/;

/** URLs that are called as they stand, by any client; each origin where it is first called. */
function findLiterals(survey: Survey): readonly ServiceCall[] {
  const found = new Map<string, ServiceCall>();
  for (const path of survey.filesMatching(/https?:\/\//)) {
    for (const node of invocationsIn(survey.tree(path))) {
      const origin = /^https?:\/\/[\w.:-]+/.exec(calledUrl(node) ?? '')?.[0];
      if (origin !== undefined && !found.has(origin))
        found.set(origin, { ...placeOf(node, path), via: 'url', url: origin });
    }
  }
  return [...found.values()];
}

/** `fetch('http://…')`, `` axios.get(`http://…/${id}`) ``, `new Pool('http://…')`, `axios.create({ baseURL: 'http://…' })`. */
function calledUrl(node: ts.CallExpression | ts.NewExpression): string | undefined {
  const [first] = node.arguments ?? [];
  const name = memberOf(node.expression) ?? node.expression.getText();
  if (first === undefined || !caller.test(name)) return undefined;
  const options = ['url', 'baseURL', 'baseUrl', 'prefixUrl'].map((key) => propertyOf(first, key));
  return [first, ...options].map(beginningOf).find((text) => text !== undefined);
}

/** The text of a literal; of a template what stands before its first hole. */
function beginningOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  const bare = unwrap(node);
  return ts.isTemplateExpression(bare) ? bare.head.text : stringOf(bare);
}

/** `process.env.X`, a key of a schema that parses the environment, and `{ X } = process.env`. */
function variableOf(node: ts.Node): string | undefined {
  if (ts.isExpression(node)) return envNameOf(node);
  if (
    ts.isPropertyAssignment(node) &&
    ts.isIdentifier(node.name) &&
    ts.isCallExpression(unwrap(node.initializer))
  )
    return node.name.text;
  if (!ts.isBindingElement(node) || !ts.isVariableDeclaration(node.parent.parent)) return undefined;
  const { initializer } = node.parent.parent;
  const key = node.propertyName ?? node.name;
  return initializer !== undefined && isProcessEnv(unwrap(initializer)) && ts.isIdentifier(key)
    ? key.text
    : undefined;
}

function fallbackOf(survey: Survey, node: ts.Node, path: RelPath): Readonly<{ url?: string }> {
  const around = ts.isExpression(node) && ts.isBinaryExpression(node.parent) ? node.parent : node;
  const read = ts.isExpression(around) ? readEnv(survey, around, path).fallback : undefined;
  const url = read ?? /https?:\/\/[^\s'"`)]+/.exec(around.getText())?.[0];
  return url === undefined ? {} : { url };
}

/** Where a service can be reached. */
export interface CallablePlace {
  readonly head: ServiceHead;
  readonly port?: number;
  readonly issues: boolean;
}

/** What a call leads to: a service of the repo, or something that is not in it. */
export interface CallDestination {
  readonly kind: 'service' | 'external';
  readonly id: string;
}

/**
 * Whom a URL means: by the host's name, by the port on this machine, by the name of the variable. Undefined where
 * neither URL nor variable says anything.
 */
export function findDestination(
  survey: Survey,
  call: ServiceCall,
  places: readonly CallablePlace[],
): CallDestination | undefined {
  const url = urlOf(survey, call);
  const place = byHost(url, places) ?? byVariable(call.env, places);
  if (place !== undefined) return { kind: 'service', id: idOf(place.head.dir) };
  if (url !== undefined && !isLocal(url)) return { kind: 'external', id: url.hostname };
  return call.env === undefined ? undefined : { kind: 'external', id: stemOf(call.env) };
}

/** The URL in the code, else the one of the example of the environment. */
function urlOf(survey: Survey, { env, url }: ServiceCall): URL | undefined {
  const listed = findEnvExamples(survey)
    .map(
      (path) =>
        new RegExp(
          `^#?[ \\t]{0,99}${escapePattern(env ?? ' ')}=["']?(https?://[^\\s"']{1,500})["']?[ \\t\\r]{0,99}$`,
          'm',
        ).exec(survey.repo.read(path) ?? '')?.[1],
    )
    .find((value) => value !== undefined);
  const text = listed ?? url;
  return text !== undefined && /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function isLocal({ hostname }: URL): boolean {
  return /^(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$/.test(hostname);
}

function byHost(url: URL | undefined, places: readonly CallablePlace[]): CallablePlace | undefined {
  if (url === undefined) return undefined;
  if (!isLocal(url))
    return only(places.filter(({ head }) => namesOf(head).includes(url.hostname.toLowerCase())));
  return only(places.filter(({ port }) => port !== undefined && String(port) === url.port));
}

/** `AUTH_SERVICE_URL` → auth-service, auth; and the service that issues the tokens, where none is called so. */
function byVariable(env: string | undefined, places: readonly CallablePlace[]): CallablePlace | undefined {
  if (env === undefined) return undefined;
  const stem = stemOf(env);
  const short = stem.replace(/-(service|api|server)$/, '');
  const named = places.filter(({ head }) => namesOf(head).some((name) => name === stem || name === short));
  return only(named) ?? (short === 'auth' ? only(places.filter(({ issues }) => issues)) : undefined);
}

function namesOf({ dir, name }: ServiceHead): readonly string[] {
  const whole = [name.split('/').at(-1) ?? name, basenameRel(dir)].map((one) => one.toLowerCase());
  return [...whole, ...whole.map((one) => one.replace(/-(service|api|server)$/, ''))];
}

function stemOf(env: string): string {
  return env
    .replace(/_(BASE_URL|API_URL|URL|ORIGIN|ENDPOINT)$/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

function only(found: readonly CallablePlace[]): CallablePlace | undefined {
  return found.length === 1 ? found[0] : undefined;
}

/** A repo path that stands for the root as `.`. */
export function idOf(dir: RelPath): string {
  return dir === '' ? '.' : dir;
}
