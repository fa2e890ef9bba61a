import type { Service } from '../_engine/model/service.ts';
import { readVariable } from '../_engine/edit/declare-variables.ts';
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
  const { alternatives, defaultUrl, diagnostics, path, urlVariable } = choices;
  const url = readVariable(service, urlVariable);
  const hasDefault = url.imports.length > 0 && service.config.file !== undefined;
  const secret = readVariable(service, secretVariable).expression;
  const defaults = [
    ['baseUrl', `${url.expression}${hasDefault ? '' : ` ?? ${printString(defaultUrl)}`}`],
    ...(isByDefault(secret) ? [] : [['serviceSecret', secret]]),
    ...(path === usualVerifyPath ? [] : [['verifyPath', printString(path)]]),
    ...(diagnostics ? [['onVerified', 'tokenVerified']] : []),
  ] as const;
  const cache = cacheLines(choices);
  return {
    preparations: [
      ...defaults.map(([name, value]) => `const ${name} = options.${name} ?? ${value};`),
      ...cache,
    ],
    settings: [
      ...defaults.map(([name]) => name),
      ...(cache.length === 0 ? [] : ['cache']),
      ...(alternatives ? ['decorator: (hook) => throwRefusals(app, hook)'] : []),
    ].join(', '),
  };
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
