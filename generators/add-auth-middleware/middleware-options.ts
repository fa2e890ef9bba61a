import type { Service } from '../_engine/model/service.ts';
import { type Destination, readVariable } from '../_engine/edit/declare-variables.ts';
import { printString } from '../_engine/syntax/print.ts';
import { type MiddlewareNames, usualVerifyPath } from './names.ts';
import type { MiddlewareView } from './view.ts';

/** What the answers say of the options of the middleware. */
export interface OptionChoices {
  readonly path: string;
  /** Milliseconds; undefined: no cache. */
  readonly cacheTtlMs: number | undefined;
  readonly diagnostics: boolean;
  readonly revocation: boolean;
  readonly defaultUrl: string;
  /** The variable that holds that URL. */
  readonly urlVariable: string;
  /** The service has @fastify/auth. */
  readonly alternatives: boolean;
  /** The middleware can guard all routes. */
  readonly guardsAll: boolean;
  /** Services that plugins let in without a user. */
  readonly callers: readonly AllowedCaller[];
}

/** `variable` holds the URL of the service, whose keys are there. */
export interface AllowedCaller {
  readonly name: string;
  readonly variable: string;
  readonly defaultUrl: string;
  /** Undefined: it is not in the repo. */
  readonly destination: Destination | undefined;
}

/** The type of the options, where the middleware has more than authentication.ts. */
export const ownOptions = 'AuthMiddlewareOptions';
export const secretVariable = 'SERVICE_AUTH_SECRET';

/** Whether authentication.ts reads the variable as the service does. */
export function isByDefault(expression: string): boolean {
  return /^\(?process\.env\b/.test(expression);
}

/** What the options leave open: statements that decide it, and members of an object. */
export function settingsOf(
  service: Service,
  choices: OptionChoices,
): Pick<MiddlewareView, 'preparations' | 'settings'> {
  const { callers, defaultUrl, diagnostics, path, urlVariable } = choices;
  const secret = readVariable(service, secretVariable).expression;
  const defaults = [
    ['baseUrl', urlExpression(service, urlVariable, defaultUrl)],
    ...(isByDefault(secret) ? [] : [['serviceSecret', secret]]),
    ...(path === usualVerifyPath ? [] : [['verifyPath', printString(path)]]),
    ...(diagnostics ? [['onVerified', 'tokenVerified']] : []),
  ] as const;
  const cache = cacheLines(choices);
  const decorator = decoratorOf(service, choices);
  return {
    preparations: [
      ...defaults.map(([name, value]) => `const ${name} = options.${name} ?? ${value};`),
      ...cache,
      ...(callers.length === 0 ? [] : [callersLine(service, callers)]),
    ],
    settings: [
      ...defaults.map(([name]) => name),
      ...(cache.length === 0 ? [] : ['cache']),
      ...(decorator === 'hook' ? [] : [`decorator: (hook) => ${decorator}`]),
    ].join(', '),
  };
}

/** A URL by its variable, which a schema has its default for. */
function urlExpression(service: Service, variable: string, defaultUrl: string): string {
  const { expression, imports } = readVariable(service, variable);
  const hasDefault = imports.length > 0 && service.config.file !== undefined;
  return hasDefault ? expression : `${expression} ?? ${printString(defaultUrl)}`;
}

/** What the application is decorated with, from the `hook` that asks for users. */
function decoratorOf({ name }: Service, { alternatives, callers }: OptionChoices): string {
  const audience = printString(name);
  const hook =
    callers.length === 0 ? 'hook' : `acceptServices(app, hook, { audience: ${audience}, services })`;
  return alternatives ? `throwRefusals(app, ${hook})` : hook;
}

function callersLine(service: Service, callers: readonly AllowedCaller[]): string {
  const entries = callers.map(({ defaultUrl, name, variable }) => {
    return `${printString(name)}: ${urlExpression(service, variable, defaultUrl)}`;
  });
  return `const services = { ${entries.join(', ')} };`;
}

const ttlOption = [
  '/** Milliseconds for which a verified token is not asked about again: a revocation that is missed takes that long. */',
  'cacheTtl?: number;',
];

const subscribeOption = [
  '/** Tells the cache of revoked tokens, and whether of all. Default: as the log of the auth service in Redis has them. */',
  'subscribe?: (cache: ClaimCache<VerifiedUser>) => (() => boolean) | undefined;',
];

/** Members of the options beside those of authentication.ts. */
export function optionsOf(names: MiddlewareNames, choices: OptionChoices): readonly string[] {
  return [...(choices.guardsAll ? publicOption(names) : []), ...cacheOptions(choices)];
}

function publicOption({ decorator }: MiddlewareNames): readonly string[] {
  return [
    `/** Every route asks for a token but these, see guardRoutes. Default: only routes with the \`${decorator}\` hook ask. */`,
    'publicRoutes?: readonly string[];',
  ];
}

function cacheOptions({ cacheTtlMs, revocation }: OptionChoices): readonly string[] {
  if (cacheTtlMs === undefined) return [];
  return revocation ? [...ttlOption, ...subscribeOption] : ttlOption;
}

/** `revocation`: the cache is told of revoked tokens. */
function cacheLines({ cacheTtlMs: ttlMs, revocation }: OptionChoices): readonly string[] {
  if (ttlMs === undefined) return [];
  const revocations = [
    '    keyOf: tokenKey,',
    '    subscribe: options.subscribe ?? ((listener) => subscribeToRevocations(app, listener)),',
  ];
  return [
    'const cache =',
    '  options.cache ??',
    '  new ClaimCache<VerifiedUser>({',
    `    ttlMs: options.cacheTtl ?? ${String(ttlMs)},`,
    ...(revocation ? revocations : []),
    '  });',
  ];
}
