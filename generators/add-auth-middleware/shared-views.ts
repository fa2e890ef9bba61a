import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { testKitImport } from '../_engine/edit/test-kit.ts';
import { importLines } from '../_engine/facts/style/place-file.ts';
import { printString } from '../_engine/syntax/print.ts';
import type { MiddlewareTestView, MiddlewareView, SharedMiddlewareView } from './view.ts';
import type { CarriedClaim } from './verify-route.ts';

/** What a service imports of the package. */
export const authentication = [
  'type Authentication',
  'type AuthenticationOptions',
  'connectAuthService',
  'type VerifiedUser',
];

interface SharedChoices {
  readonly path: string;
  readonly cacheTtlMs: number | undefined;
  readonly diagnostics: boolean;
  readonly carried: readonly CarriedClaim[];
}

/** The view of a middleware that has its names alone. */
export function sharedMiddlewareView(view: MiddlewareView, choices: SharedChoices): SharedMiddlewareView {
  const { cacheTtlMs, carried, diagnostics, path } = choices;
  const entries = carried.map(
    ({ name, type }) =>
      `${name}: answer[${printString(name)}]${type === 'unknown' ? '' : ` as ${orUndefined(type)}`}`,
  );
  const settings = [
    `baseUrl: ${view.urlExpression}`,
    `serviceSecret: ${view.secretExpression}`,
    ...(path === usualVerifyPath ? [] : [`verifyPath: ${printString(path)}`]),
    ...(diagnostics ? ['onVerified: tokenVerified'] : []),
  ];
  const options = view.partOptions.map(({ declaration, does }) => [`/** ${does} */`, `${declaration};`]);
  return {
    ...view,
    cache: cacheTtlMs === undefined ? [] : view.cache,
    userType: declaration('AuthenticatedUser', 'VerifiedUser', [view.carriedTypes.map((line) => `${line};`)]),
    optionsType: declaration(
      'AuthMiddlewareOptions',
      carried.length === 0 ? 'AuthenticationOptions' : 'AuthenticationOptions<AuthenticatedUser>',
      options,
    ),
    autoloaded: view.autoConfig
      ? ['', `export const autoConfig: AuthMiddlewareOptions = { publicRoutes: [${view.publicRoutes}] };`]
      : [],
    settings: settings.join(', '),
    more: cacheTtlMs === undefined ? '' : ', cache',
    claims: entries.length === 0 ? '' : `, (answer) => ({ ${entries.join(', ')} })`,
  };
}

/** A type with some members more than another, or none. */
function declaration(name: string, base: string, members: readonly (readonly string[])[]): readonly string[] {
  const lines = members.flat();
  if (lines.length === 0) return [`export type ${name} = ${base};`];
  return [`export interface ${name} extends ${base} {`, ...lines.map((line) => `  ${line}`), '}'];
}

const usualVerifyPath = '/auth/verify';

/** The view of the test of what services share, in `test`: with the usual names. */
export function authenticationTestView(service: Service, file: RelPath, test: RelPath): MiddlewareTestView {
  return {
    imports: importLines(service, test, [
      { from: 'fastify-plugin', default: 'fp' },
      { from: file, names: authentication },
      kitImport(service, test),
    ]),
    setUp: sampleMiddleware,
    isolation: "serviceSecret: ''",
    standIns: [],
    path: usualVerifyPath,
    urlVariable: 'AUTH_SERVICE_URL',
    userMember: 'user',
    correlationMember: 'correlationId',
    decorator: 'authenticate',
  };
}

const sampleMiddleware = `
declare module 'fastify' {
  interface FastifyInstance {
    authenticate: Authentication['authenticate'];
    authServiceClient: Authentication['client'];
  }
  interface FastifyRequest {
    user: VerifiedUser | null;
    correlationId: string;
  }
}

type AuthMiddlewareOptions = AuthenticationOptions;

/** As a service has it. */
const authMiddleware = fp<AuthMiddlewareOptions>(async (app, options) => {
  app.decorateRequest('correlationId', '');
  app.decorateRequest('user', null);
  const names = { user: 'user', correlationId: 'correlationId', url: 'AUTH_SERVICE_URL' };
  const settings = { baseUrl: auth.origin, ...options };
  const { authenticate, client } = await connectAuthService(app, settings, names);
  app.decorate('authenticate', authenticate);
  app.decorate('authServiceClient', client);
});`.split('\n');

export function orUndefined(type: string): string {
  return type === 'unknown' ? type : `${type} | undefined`;
}

export function kitImport(service: Service, test: RelPath): ImportWant {
  return testKitImport(service, test, 'type Answer', 'hangUp', 'json', 'silence', 'StubServer');
}
