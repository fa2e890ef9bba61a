import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { importedBy, requiredModule } from '../../syntax/symbols.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import { joinUrl } from './route-calls.ts';

/** What is registered: a plugin from a package, with its options. */
export interface PackageCall {
  readonly plugin: ts.Expression;
  readonly options: ts.Expression | undefined;
  readonly file: RelPath;
}

/** The options of a plugin, as far as they are literals. */
interface Options {
  /** The literal text of an option; null when it is there and cannot be read. */
  text(name: string): string | null | undefined;
  /** Likewise of a member of an option that is an object. */
  textIn(name: string, member: string): string | null | undefined;
  is(name: string, kind: ts.SyntaxKind): boolean;
}

/** The pattern of a plugin's routes below its prefix; null: it has some, and their URL cannot be read. */
type Pattern = string | null | undefined;

interface PackagePlugin {
  readonly method: string;
  /** `options` is undefined for a plugin that is given none, null for options that are put together elsewhere. */
  readonly patternOf: (options: Options | null | undefined) => Pattern;
  /** Its routes are made for callers without a token. Else what they do. */
  readonly isPublic: boolean;
  readonly does: string;
  /** Not wrapped in fastify-plugin: the `prefix` of `register` comes before its routes. */
  readonly hasPrefix?: boolean;
}

const documentation = { method: 'GET', isPublic: true, does: 'registers it' } as const;
const start = { method: 'GET', isPublic: true, does: 'starts a login there' } as const;
const forwarding: PackagePlugin = {
  ...{ method: '*', isPublic: false, does: 'forwards it to another service', hasPrefix: true },
  patternOf: () => '/*',
};
const files: PackagePlugin = {
  ...{ method: 'GET', isPublic: false, does: 'serves files there' },
  patternOf: below('prefix', '/', true),
};
const status = { ...documentation, patternOf: statusPattern } as const;
const oauth = { ...start, patternOf: exactly('startRedirectPath') } as const;

/** Plugins of packages by the routes that they register. A route that is not known to be public stays guarded. */
const packagePlugins: Readonly<Record<string, PackagePlugin>> = {
  '@fastify/swagger-ui': { ...documentation, patternOf: below('routePrefix', '/documentation') },
  '@scalar/fastify-api-reference': { ...documentation, patternOf: below('routePrefix', '/reference') },
  'fastify-swagger': { ...documentation, patternOf: exposed },
  '@fastify/under-pressure': status,
  'under-pressure': status,
  'fastify-metrics': { ...documentation, patternOf: metricsPattern },
  'fastify-healthcheck': { ...documentation, patternOf: healthPattern, hasPrefix: true },
  '@fastify/oauth2': oauth,
  'fastify-oauth2': oauth,
  '@fastify/http-proxy': forwarding,
  'fastify-http-proxy': forwarding,
  '@fastify/static': files,
  'fastify-static': files,
};

/** The routes of a plugin that comes from a package, below `prefix`; [] for a package that is not known to have any. */
export function packageRoutes(
  survey: Survey,
  call: PackageCall,
  prefix: string,
  ownPrefix: string,
): readonly Route[] {
  const { file, plugin } = call;
  const by = moduleOf(plugin);
  const known = by === undefined ? undefined : packagePlugins[by];
  const found = known?.patternOf(call.options && readOptions(survey, call.options, file));
  if (by === undefined || known === undefined || found === undefined) return [];
  const inner = known.hasPrefix === true ? joinUrl(prefix, ownPrefix) : prefix;
  const own = { method: known.method, url: joinUrl(inner, found ?? '*'), ...placeOf(plugin, file) };
  if (found === null) return [{ ...own, by: `${by} ${known.does}, and the URL cannot be read` }];
  const says = `${by} ${known.does}`;
  return [known.isPublic ? { ...own, public: says } : { ...own, by: says }];
}

/** `swaggerUi`, `import('@fastify/swagger-ui')`, `require('@fastify/swagger-ui')` */
function moduleOf(plugin: ts.Expression): string | undefined {
  const bare = unwrap(plugin);
  if (ts.isIdentifier(bare)) return importedBy(bare, ...Object.keys(packagePlugins))?.from;
  const isImport = ts.isCallExpression(bare) && bare.expression.kind === ts.SyntaxKind.ImportKeyword;
  const from = isImport ? stringOf(bare.arguments[0]) : requiredModule(bare);
  return from !== undefined && Object.hasOwn(packagePlugins, from) ? from : undefined;
}

/** Null for what is no object literal, or has members that cannot be told from it. */
function readOptions(survey: Survey, expression: ts.Expression, file: RelPath): Options | null {
  const found = survey.names.value(expression, file);
  if (found === undefined || !ts.isObjectLiteralExpression(found.node)) return null;
  const { node } = found;
  if (node.properties.some((member) => ts.isSpreadAssignment(member))) return null;
  const read = (value: ts.Expression | undefined): string | null | undefined =>
    value === undefined ? undefined : (survey.names.textOf(value, found.file) ?? null);
  return {
    is: (name, kind) => propertyOf(node, name)?.kind === kind,
    text: (name) => read(propertyOf(node, name)),
    textIn: (name, member) => read(propertyOf(propertyOf(node, name), member)),
  };
}

/** All below a prefix. One at the root would open the whole service: it counts as unread, unless `atRoot`. */
function below(option: string, initial: string, atRoot = false): PackagePlugin['patternOf'] {
  return (options) => {
    if (options === null) return null;
    const own = options?.text(option);
    if (own === null || (!atRoot && (own === '' || own === '/'))) return null;
    return `${own ?? initial}/*`;
  };
}

function exactly(option: string, initial?: string): PackagePlugin['patternOf'] {
  return (options) => {
    if (options === null) return null;
    const own = options?.text(option);
    return own === undefined ? initial : own;
  };
}

/** `/health`, unless `healthcheckUrl` is another path or `healthcheckUrlDisable` is set. */
function healthPattern(options: Options | null | undefined): Pattern {
  if (options === null || options?.is('healthcheckUrlDisable', ts.SyntaxKind.TrueKeyword) === true)
    return undefined;
  return exactly('healthcheckUrl', '/health')(options);
}

/** Documentation that came with the plugin of old versions. */
function exposed(options: Options | null | undefined): Pattern {
  if (options === null) return null;
  return options?.is('exposeRoute', ts.SyntaxKind.TrueKeyword) === true
    ? below('routePrefix', '/documentation')(options)
    : undefined;
}

/** `exposeStatusRoute: true` is `/status`; a text is the path, and so is `url` of an object. */
function statusPattern(options: Options | null | undefined): Pattern {
  const name = 'exposeStatusRoute';
  if (options === null) return null;
  if (options === undefined || options.is(name, ts.SyntaxKind.FalseKeyword)) return undefined;
  if (options.is(name, ts.SyntaxKind.TrueKeyword)) return '/status';
  if (options.is(name, ts.SyntaxKind.ObjectLiteralExpression)) {
    const url = options.textIn(name, 'url');
    return url === undefined ? '/status' : url;
  }
  return options.text(name);
}

/** `/metrics`, unless `endpoint` is another path or an object with one; null is none, for an endpoint of another server. */
function metricsPattern(options: Options | null | undefined): Pattern {
  const name = 'endpoint';
  if (options === null) return null;
  if (options?.is(name, ts.SyntaxKind.NullKeyword) === true) return undefined;
  const isObject = options?.is(name, ts.SyntaxKind.ObjectLiteralExpression) === true;
  const url = isObject ? options.textIn(name, 'url') : options?.text(name);
  return url === undefined ? '/metrics' : url;
}
