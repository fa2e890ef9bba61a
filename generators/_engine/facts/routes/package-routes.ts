import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { requiredModule } from '../../syntax/imports.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import { type KnownRoutes, knownPlugins } from '../app/known-plugins.ts';
import { joinUrl } from './route-calls.ts';

/** A plugin of a package as it is registered; `prefix` is the literal one of its options. */
interface PackageRegistration {
  readonly expression: ts.Expression;
  readonly options: ts.Expression | undefined;
  readonly prefix: string;
  readonly file: RelPath;
}

/**
 * The routes that a well-known plugin registers. [] for every other package, and for what is made for everybody where
 * its options cannot be read: what is not known stays guarded.
 */
export function packageRoutes(
  survey: Survey,
  { expression, options, prefix, file }: PackageRegistration,
  outer: string,
): readonly Route[] {
  const from = moduleOf(expression);
  const known = from === undefined ? undefined : knownPlugins.get(from)?.routes;
  if (from === undefined || known === undefined) return [];
  const path = pathOf(known, options === undefined ? 'none' : readOptions(survey, options, file));
  if (path === undefined) return [];
  const { audience, below, encapsulated, method } = known;
  const isPrefix = encapsulated === true && known.option !== 'prefix';
  const pattern = below === true && path !== '*' ? `${path}/*` : path;
  const url = joinUrl(isPrefix && prefix !== '' ? joinUrl(outer, prefix) : outer, pattern);
  // For everybody, that would be every route.
  if (url === '/*' && audience !== 'callers') return [];
  const own = { method, url, ...placeOf(expression, file) };
  if (audience === 'everyone') return [{ ...own, public: `${from} registers it` }];
  return [audience === 'offered' ? { ...own, offered: true } : own];
}

/** `swaggerUi`, `import('@fastify/swagger-ui')`, `require('@fastify/swagger-ui')` */
function moduleOf(expression: ts.Expression): string | undefined {
  const bare = unwrap(expression);
  if (ts.isIdentifier(bare)) return importedBy(bare, ...knownPlugins.keys())?.from;
  const isImport = ts.isCallExpression(bare) && bare.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImport ? stringOf(bare.arguments[0]) : requiredModule(bare);
}

/** The literal text of an option, or whether it is `true`; null when it is there and cannot be read. */
type Options = Readonly<{
  text: (name: string) => string | null | undefined;
  isTrue: (name: string) => boolean;
}>;

/** `unread`: what is no object literal, or has members that cannot be told from it. */
function readOptions(survey: Survey, expression: ts.Expression, file: RelPath): Options | 'unread' {
  const found = survey.names.objectOf(expression, file);
  if (found === undefined || found.node.properties.some(ts.isSpreadAssignment)) return 'unread';
  const { node } = found;
  return {
    isTrue: (name) => propertyOf(node, name)?.kind === ts.SyntaxKind.TrueKeyword,
    text: (name) => {
      const value = propertyOf(node, name);
      return value === undefined ? undefined : (survey.names.textOf(value, found.file) ?? null);
    },
  };
}

function pathOf(known: KnownRoutes, options: Options | 'none' | 'unread'): string | undefined {
  if (options === 'unread') return known.audience === 'callers' ? '*' : undefined;
  const given = options === 'none' ? undefined : options;
  if (known.only !== undefined && given?.isTrue(known.only) !== true) return undefined;
  if (known.unless !== undefined && given?.text(known.unless) !== undefined) return undefined;
  if (known.whenTrue !== undefined && given?.isTrue(known.option) === true) return known.whenTrue;
  const own = given?.text(known.option);
  if (own === null) return known.audience === 'callers' ? '*' : undefined;
  return own ?? known.initial;
}
