import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { lineOf, ts } from '../../syntax/tree.ts';
import { propertyOf, unwrap } from '../../syntax/expressions.ts';
import { joinUrl } from './route-calls.ts';
import type { Survey } from '../../program/survey.ts';

/** What a package's plugin registers: by its options object, undefined when it is given none. */
type Pattern = (options: Options | undefined) => string | undefined;

interface Options {
  /** The literal text of an option; null when it is there and cannot be read. */
  text(name: string): string | null | undefined;
  isTrue(name: string): boolean;
}

/** Plugins whose only routes are made for everybody, and the pattern of those routes below the plugin's prefix. */
const publicPlugins: ReadonlyMap<string, Pattern> = new Map([
  ['@fastify/swagger-ui', below('routePrefix', '/documentation')],
  ['@scalar/fastify-api-reference', below('routePrefix', '/reference')],
  ['@fastify/under-pressure', statusRoute],
]);

/**
 * The public routes of a plugin that comes from a package: documentation and status. [] for every other package, and
 * where its options cannot be read: what is not known stays guarded.
 */
export function packageRoutes(
  survey: Survey,
  call: Readonly<{ plugin: ts.Expression; options: ts.Expression | undefined; file: RelPath }>,
  prefix: string,
): readonly Route[] {
  const { file, plugin } = call;
  const bare = unwrap(plugin);
  const from = ts.isIdentifier(bare) ? survey.names.importOf(bare, file)?.from : undefined;
  const pattern = from === undefined ? undefined : publicPlugins.get(from);
  const options = call.options === undefined ? undefined : readOptions(survey, call.options, file);
  const isUnread = call.options !== undefined && options === undefined;
  const found = pattern === undefined || isUnread ? undefined : pattern(options);
  if (from === undefined || found === undefined) return [];
  const url = joinUrl(prefix, found);
  const line = lineOf(survey.tree(file), plugin.getStart());
  return [{ method: 'GET', url, path: file, line, public: `${from} registers it` }];
}

/** Undefined for what is no object literal, or has members that cannot be told from it. */
function readOptions(survey: Survey, expression: ts.Expression, file: RelPath): Options | undefined {
  const found = survey.names.value(expression, file);
  if (found === undefined || !ts.isObjectLiteralExpression(found.node)) return undefined;
  const { node } = found;
  if (node.properties.some((member) => ts.isSpreadAssignment(member))) return undefined;
  return {
    isTrue: (name) => propertyOf(node, name)?.kind === ts.SyntaxKind.TrueKeyword,
    text: (name) => {
      const value = propertyOf(node, name);
      return value === undefined ? undefined : (survey.names.textOf(value, found.file) ?? null);
    },
  };
}

function below(option: string, initial: string): Pattern {
  return (options) => {
    const own = options?.text(option);
    if (own === null || own === '' || own === '/') return undefined;
    return `${own ?? initial}/*`;
  };
}

/** `exposeStatusRoute: true` is `/status`; a text is the path. An object can have a path of its own: not read. */
function statusRoute(options: Options | undefined): string | undefined {
  if (options?.isTrue('exposeStatusRoute') === true) return '/status';
  return options?.text('exposeStatusRoute') ?? undefined;
}
