import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { freePluginName } from '../_engine/edit/register-plugin.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
import type { Destination } from '../_engine/edit/declare-in-compose.ts';
import {
  dynamicSpecifier,
  importSpecifier,
  isAutoloaded,
  testFileFor,
} from '../_engine/facts/style/place-file.ts';
import { readVariable } from '../_engine/edit/declare-variables.ts';
import { testEnvironment } from '../_engine/edit/test-environment.ts';
import { printString, printStrings } from '../_engine/syntax/print.ts';
import type { MiddlewareNames } from './names.ts';
import type { MiddlewareTestView, MiddlewareView } from './view.ts';

/** The files of the middleware beside its tests. */
export interface MiddlewareFiles {
  readonly middleware: RelPath;
  readonly cache: RelPath;
  readonly client: RelPath;
  readonly diagnostics: RelPath;
  readonly subscriber: RelPath;
  readonly tokenKey: RelPath;
}

/** What the answers say of the middleware, checked. */
export interface MiddlewareChoices {
  readonly path: string;
  /** Milliseconds; undefined: no cache. */
  readonly cacheTtlMs: number | undefined;
  readonly diagnostics: boolean;
  readonly revocation: boolean;
  readonly defaultUrl: string;
  /** Undefined: it is not in the repo. */
  readonly auth: Destination | undefined;
  /** Undefined: only routes with the hook ask for a token. */
  readonly publicRoutes: readonly string[] | undefined;
}

const client = ['ServiceClient', 'ServiceClientError', 'type ServiceClientOptions'];

export function middlewareView(
  service: Service,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  { path, cacheTtlMs, diagnostics, revocation, defaultUrl, publicRoutes }: MiddlewareChoices,
): MiddlewareView {
  const url = readVariable(service, 'AUTH_SERVICE_URL');
  const secret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const hasDefault = url.imports.length > 0 && service.config.file !== undefined;
  return {
    ...names,
    pluginName: freePluginName(service, files.middleware, 'auth-middleware'),
    imports: importLines(service, files.middleware, [
      ...url.imports,
      ...secret.imports,
      ...importsOf(files, { cacheTtlMs, diagnostics, revocation }),
    ]),
    cache: cacheTtlMs !== undefined,
    diagnostics,
    revocation,
    cacheTtlMs: cacheTtlMs ?? 0,
    urlExpression: hasDefault ? url.expression : `${url.expression} ?? ${printString(defaultUrl)}`,
    secretExpression: secret.expression,
    defaultUrl,
    path,
    autoConfig: publicRoutes !== undefined && isAutoloaded(service, files.middleware),
    publicRoutes: printStrings(publicRoutes ?? []),
  };
}

function importsOf(
  files: MiddlewareFiles,
  {
    cacheTtlMs,
    diagnostics,
    revocation,
  }: Pick<MiddlewareChoices, 'cacheTtlMs' | 'diagnostics' | 'revocation'>,
): readonly ImportWant[] {
  return [
    {
      from: 'fastify',
      names: ['FastifyBaseLogger', 'FastifyInstance', 'FastifyReply', 'FastifyRequest'],
      typeOnly: true,
    },
    { from: 'fastify-plugin', default: 'fp' },
    { from: files.client, names: client },
    ...(cacheTtlMs === undefined ? [] : [{ from: files.cache, names: ['ClaimCache'] }]),
    ...(diagnostics ? [{ from: files.diagnostics, names: ['tokenVerified'] }] : []),
    ...(revocation
      ? [
          { from: files.subscriber, names: ['subscribeToRevocations'] },
          { from: files.tokenKey, names: ['tokenKey'] },
        ]
      : []),
  ];
}

export function middlewareTestView(
  service: Service,
  repo: Repo,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  { path, cacheTtlMs, diagnostics, revocation }: MiddlewareChoices,
): MiddlewareTestView {
  const test = testFileFor(service, files.middleware, 'auth-middleware');
  const environment = testEnvironment(service, repo);
  const specifier = environment.length === 0 ? importSpecifier : dynamicSpecifier;
  return {
    ...names,
    middlewareImport: specifier(service, test, files.middleware),
    optionsImport: importSpecifier(service, test, files.middleware),
    diagnosticsImport: importSpecifier(service, test, files.diagnostics),
    tokenKeyImport: importSpecifier(service, test, files.tokenKey),
    environment,
    path,
    cache: cacheTtlMs !== undefined,
    diagnostics,
    revocation,
  };
}
