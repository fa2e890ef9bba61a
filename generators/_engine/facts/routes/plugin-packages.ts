import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { stringOf, unwrap } from '../../syntax/expressions.ts';
import { isFastifyPlugin } from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';

/** Packages whose plugin adds hooks, decorators or parsers, and neither routes nor answers of its own. */
const routeless: ReadonlySet<string> = new Set(
  [
    'accepts',
    'auth',
    'awilix',
    'basic-auth',
    'bearer-auth',
    'caching',
    'circuit-breaker',
    'compress',
    'cookie',
    'cors',
    'csrf-protection',
    'early-hints',
    'elasticsearch',
    'env',
    'etag',
    'flash',
    'formbody',
    'helmet',
    'jwt',
    'kafka',
    'leveldb',
    'mongodb',
    'multipart',
    'mysql',
    'passport',
    'postgres',
    'rate-limit',
    'redis',
    'reply-from',
    'request-context',
    'response-validation',
    'routes',
    'schedule',
    'secure-session',
    'sensible',
    'session',
    'swagger',
    'url-data',
    'view',
    'websocket',
  ].flatMap((name) => [`@fastify/${name}`, `fastify-${name}`]),
);

/** Whether a package is known to add no routes; each one that is not known may. */
export function isRouteless(name: string): boolean {
  return routeless.has(name);
}

/** The package that an expression's plugin comes from; undefined for one of the service's own. */
export function packageOf(survey: Survey, expression: ts.Expression, file: RelPath): string | undefined {
  const bare = unwrap(expression);
  if (ts.isPropertyAccessExpression(bare)) return packageOf(survey, bare.expression, file);
  if (ts.isCallExpression(bare)) {
    const [first] = bare.arguments;
    const isWrapped = first !== undefined && isFastifyPlugin(survey, bare.expression, file);
    if (isWrapped) return packageOf(survey, first, file);
    const isImport =
      bare.expression.kind === ts.SyntaxKind.ImportKeyword || bare.expression.getText() === 'require';
    return isImport ? outside(survey, stringOf(first), file) : undefined;
  }
  return ts.isIdentifier(bare) ? outside(survey, survey.names.importOf(bare, file)?.from, file) : undefined;
}

function outside(survey: Survey, specifier: string | undefined, file: RelPath): string | undefined {
  if (specifier === undefined || survey.names.module(file, specifier) !== undefined) return undefined;
  return specifier.startsWith('.') ? undefined : specifier;
}
