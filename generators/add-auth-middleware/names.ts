import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Member, Service } from '../_engine/model/service.ts';
import { isIdentifier } from '../_engine/syntax/print.ts';

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

/** Names that nothing else in the service has; our own file may have them. */
export function chooseNames(
  service: Service,
  own: RelPath,
  wanted: string | undefined,
): MiddlewareNames | readonly Obstacle[] {
  const takenBy = (members: readonly Member[], name: string): Member | undefined =>
    members.find((member) => member.name === name && member.at?.path !== own);
  const free = (members: readonly Member[], ...names: readonly string[]): string | undefined =>
    names.find((name) => takenBy(members, name) === undefined);
  const { decorators, requestDecorations } = service;
  if (wanted !== undefined && !isFree(wanted)) return [notAName(wanted)];
  const userMember = free(requestDecorations, ...(wanted === undefined ? ['user', 'authUser'] : [wanted]));
  const correlationMember = free(requestDecorations, 'correlationId', 'requestCorrelationId');
  const decorator = free(decorators, 'authenticate', 'authenticateUser');
  const client = takenBy(decorators, 'authServiceClient');
  if (userMember === undefined || correlationMember === undefined || decorator === undefined || client) {
    const obstacles: Obstacle[] = [];
    const user = wanted ?? 'authUser';
    if (userMember === undefined)
      obstacles.push(
        taken(`request.${user}`, takenBy(requestDecorations, user), 'Choose another name with --decorate.'),
      );
    const correlation = takenBy(requestDecorations, 'requestCorrelationId');
    if (correlationMember === undefined) obstacles.push(taken('request.requestCorrelationId', correlation));
    if (decorator === undefined)
      obstacles.push(taken('authenticateUser', takenBy(decorators, 'authenticateUser')));
    if (client !== undefined) obstacles.push(taken('authServiceClient', client));
    return obstacles;
  }
  return { userMember, correlationMember, decorator };
}

function isFree(name: string): boolean {
  return isIdentifier(name) && name.length <= maxChars && !ofRequests.has(name);
}

function notAName(name: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--decorate cannot be ${JSON.stringify(name)}.`,
    remedy: 'Use a TypeScript identifier that a Fastify request does not have, such as authUser.',
  };
}

function taken(
  name: string,
  by: Member | undefined,
  remedy = 'Rename the existing declaration and run the command again.',
): Obstacle {
  const at = by?.at;
  return {
    code: 'E_DECORATOR_TAKEN',
    ...(at && { at }),
    message: `The name ${name} is taken in this service.`,
    remedy,
  };
}
