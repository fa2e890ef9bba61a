import type { Answers, ImportWant, Member, Obstacle, RelPath, Repo, Service } from '../_engine/contract.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
import { dynamicSpecifier, importSpecifier, isAutoloaded, testFileFor } from '../_engine/edit/place-file.ts';
import { readVariable } from '../_engine/edit/read-variable.ts';
import { testEnvironment } from '../_engine/edit/test-environment.ts';
import type { MiddlewareTestView, MiddlewareView } from './view.ts';

/** The files of the middleware beside its tests. */
export interface MiddlewareFiles {
  readonly middleware: RelPath;
  readonly cache: RelPath;
  readonly client: RelPath;
  readonly diagnostics: RelPath;
}

/** Names that the middleware takes in the service, free of those that are there. */
export interface MiddlewareNames {
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
}

/** What the answers say of the middleware, checked. */
export interface MiddlewareChoices {
  readonly path: string;
  /** Milliseconds; undefined: no cache. */
  readonly cacheTtlMs: number | undefined;
  readonly diagnostics: boolean;
  readonly defaultUrl: string;
  /** Undefined: only routes with the hook ask for a token. */
  readonly publicRoutes: readonly string[] | undefined;
}

const identifier = /^[A-Za-z_$][\w$]*$/;

/** Names that nothing else in the service has; our own file may have them. */
export function chooseNames(
  service: Service,
  own: RelPath,
  answers: Answers,
): MiddlewareNames | readonly Obstacle[] {
  const takenBy = (members: readonly Member[], name: string): Member | undefined =>
    members.find((member) => member.name === name && member.path !== own);
  const free = (members: readonly Member[], ...names: readonly string[]): string | undefined =>
    names.find((name) => takenBy(members, name) === undefined);
  const wanted = answers['decorate'] as string | undefined;
  const { decorators, requestMembers } = service;
  if (wanted !== undefined && !identifier.test(wanted)) return [notAName(wanted)];
  const userMember = free(requestMembers, ...(wanted === undefined ? ['user', 'authUser'] : [wanted]));
  const correlationMember = free(requestMembers, 'correlationId', 'requestCorrelationId');
  const decorator = free(decorators, 'authenticate', 'authenticateUser');
  const client = takenBy(decorators, 'authServiceClient');
  if (userMember === undefined || correlationMember === undefined || decorator === undefined || client) {
    const obstacles: Obstacle[] = [];
    if (userMember === undefined)
      obstacles.push(taken(`request.${wanted ?? 'authUser'}`, 'Choose another name with --decorate.'));
    if (correlationMember === undefined) obstacles.push(taken('request.requestCorrelationId'));
    if (decorator === undefined) obstacles.push(taken('authenticateUser'));
    if (client !== undefined) obstacles.push(taken('authServiceClient'));
    return obstacles;
  }
  return { userMember, correlationMember, decorator };
}

export function middlewareView(
  service: Service,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  { path, cacheTtlMs, diagnostics, defaultUrl, publicRoutes }: MiddlewareChoices,
): MiddlewareView {
  const url = readVariable(service, 'AUTH_SERVICE_URL');
  const secret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const hasDefault = url.imports.length > 0 && service.config.file !== undefined;
  const client = ['ServiceClient', 'ServiceClientError', 'type ServiceClientOptions'];
  const wants: ImportWant[] = [
    {
      from: 'fastify',
      names: ['FastifyBaseLogger', 'FastifyInstance', 'FastifyReply', 'FastifyRequest'],
      typeOnly: true,
    },
    { from: 'fastify-plugin', default: 'fp' },
    ...url.imports,
    ...secret.imports,
    { from: files.client, names: client },
    ...(cacheTtlMs === undefined ? [] : [{ from: files.cache, names: ['ClaimCache'] }]),
    ...(diagnostics
      ? [{ from: files.diagnostics, names: ['tokenVerified', 'type VerificationResult'] }]
      : []),
  ];
  return {
    ...names,
    imports: importLines(service, files.middleware, uniqueWants(wants)),
    cache: cacheTtlMs !== undefined,
    diagnostics,
    cacheTtlMs: cacheTtlMs ?? 0,
    urlExpression: hasDefault ? url.expression : `${url.expression} ?? '${defaultUrl}'`,
    secretExpression: secret.expression,
    defaultUrl,
    path,
    autoConfig: publicRoutes !== undefined && isAutoloaded(service, files.middleware),
    publicRoutes: (publicRoutes ?? []).map((route) => `'${route}'`).join(', '),
  };
}

export function middlewareTestView(
  service: Service,
  repo: Repo,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  { path, cacheTtlMs, diagnostics }: MiddlewareChoices,
): MiddlewareTestView {
  const test = testFileFor(service, files.middleware, 'auth-middleware');
  const environment = testEnvironment(service, repo);
  const specifier = environment.length === 0 ? importSpecifier : dynamicSpecifier;
  return {
    ...names,
    middlewareImport: specifier(service, test, files.middleware),
    optionsImport: importSpecifier(service, test, files.middleware),
    diagnosticsImport: importSpecifier(service, test, files.diagnostics),
    environment,
    path,
    cache: cacheTtlMs !== undefined,
    diagnostics,
  };
}

function uniqueWants(wants: readonly ImportWant[]): readonly ImportWant[] {
  return [...new Map(wants.map((want) => [JSON.stringify(want), want])).values()];
}

function notAName(name: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--decorate cannot be ${JSON.stringify(name)}.`,
    remedy: 'It takes a TypeScript identifier, such as authUser.',
  };
}

function taken(name: string, remedy = 'Rename what has the name now, and run the command again.'): Obstacle {
  return { code: 'E_DECORATOR_TAKEN', message: `The name ${name} is taken in this service.`, remedy };
}
