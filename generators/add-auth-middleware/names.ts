import { RefusalError, runAll } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Member, Service } from '../_engine/model/service.ts';
import { isIdentifier } from '../_engine/syntax/print.ts';

/** Where the auth service verifies tokens, unless it is told otherwise. */
export const usualVerifyPath = '/auth/verify';

/** Names that the middleware takes in the service, free of those that are there. */
export interface MiddlewareNames {
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
}

/** Members that a request has by itself: of every object, and of Fastify 4 and 5. */
const ofRequests: ReadonlySet<string> = new Set([
  ...[
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'isPrototypeOf',
    'propertyIsEnumerable',
    'prototype',
    'then',
  ],
  ...['toJSON', 'toLocaleString', 'toString', 'valueOf', '__defineGetter__', '__defineSetter__'],
  ...[
    '__lookupGetter__',
    '__lookupSetter__',
    'body',
    'connection',
    'context',
    'getDecorator',
    'headers',
    'host',
  ],
  ...[
    'compileValidationSchema',
    'getValidationFunction',
    'hostname',
    'id',
    'ip',
    'ips',
    'is404',
    'log',
    'method',
  ],
  ...['originalUrl', 'params', 'port', 'protocol', 'query', 'raw', 'req', 'routeConfig', 'routeOptions'],
  ...[
    'routeSchema',
    'routerMethod',
    'routerPath',
    'server',
    'setDecorator',
    'socket',
    'url',
    'validateInput',
  ],
  ...['validationError', 'mediaType'],
]);
const maxChars = 60;

/** Names that nothing else in the service has; our own file may have them. @throws RefusalError E_DECORATOR_TAKEN, E_INVALID_FLAG */
export function chooseNames(service: Service, own: RelPath, wanted: string | undefined): MiddlewareNames {
  if (wanted !== undefined && !isFree(wanted)) throw notAName(wanted);
  const { decorators, requestDecorations } = service;
  const others = (members: readonly Member[]): readonly Member[] =>
    members.filter(({ at }) => at?.path !== own);
  const [ofRequest, ofInstance] = [others(requestDecorations), others(decorators)];
  const userNames = wanted === undefined ? ['user', 'authUser'] : [wanted];
  const [userMember, correlationMember, decorator] = runAll(
    () => firstFree(ofRequest, userNames, 'request.', 'Choose another name with --decorate.'),
    () => firstFree(ofRequest, ['correlationId', 'requestCorrelationId'], 'request.'),
    () => firstFree(ofInstance, ['authenticate', 'authenticateUser']),
    () => firstFree(ofInstance, ['authServiceClient']),
  );
  return { userMember, correlationMember, decorator };
}

function isFree(name: string): boolean {
  return isIdentifier(name) && name.length <= maxChars && !ofRequests.has(name);
}

function notAName(name: string): RefusalError {
  return new RefusalError({
    code: 'E_INVALID_FLAG',
    message: `--decorate cannot be ${JSON.stringify(name)}.`,
    remedy: 'Use a TypeScript identifier that a Fastify request does not have, such as authUser.',
  });
}

/** The first of the names that no member has; the last of them is reported when all are taken. */
function firstFree(
  members: readonly Member[],
  names: readonly string[],
  prefix = '',
  remedy = 'Rename the existing declaration and run the command again.',
): string {
  const free = names.find((name) => !members.some((member) => member.name === name));
  if (free !== undefined) return free;
  const last = names.at(-1) ?? '';
  const at = members.find(({ name }) => name === last)?.at;
  throw new RefusalError({
    code: 'E_DECORATOR_TAKEN',
    ...(at && { at }),
    message: `The name ${prefix}${last} is taken in this service.`,
    remedy,
  });
}
