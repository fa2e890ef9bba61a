import type { RelPath } from '../../model/paths.ts';
import type { Service } from '../../model/service.ts';
import { isFastifyPlugin } from '../../program/plugin-functions.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';
import type { Repo } from '../../model/repo.ts';
import { memberOf, propertyOf, stringOf } from '../../syntax/expressions.ts';
import { printStrings } from '../../syntax/print.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { ts, walk } from '../../syntax/tree.ts';

/** Packages whose plugin decorates the instance with what plugins read. */
const decorating: Readonly<Record<string, RegExp>> = {
  redis: /^(?:@fastify\/|fastify-)redis$/,
  config: /^(?:@fastify\/|fastify-)env$/,
  jwt: /^(?:@fastify\/|fastify-)jwt$/,
  cors: /^(?:@fastify\/|fastify-)cors$/,
};

/**
 * The names, for fastify-plugin, of the autoloaded plugins that an autoloaded plugin `own` has to follow, because they
 * provide what it reads: `redis`, `config`, `jwt`, or `cors`. @fastify/autoload loads by file name unless a plugin has
 * dependencies. One without a name is left out: it cannot be depended on.
 */
export function findPluginDependencies(
  repo: Repo,
  service: Service,
  own: RelPath,
  reads: readonly string[],
): readonly string[] {
  const { app } = service;
  const isLoaded = (path: RelPath): boolean => app.autoload.some(({ dir }) => path.startsWith(`${dir}/`));
  if (!isLoaded(own) || reads.length === 0) return [];
  const survey = openSurvey(repo, service);
  const names = survey.files
    .filter((path) => path !== own && isLoaded(path))
    .filter((path) => reads.some((name) => provides(survey, path, name)))
    .flatMap((path) => nameOf(survey, path) ?? []);
  return [...new Set(names)].toSorted();
}

/** `redis` of `app.redis`, `config` of `app.config.URL`; none of what another expression reads. */
export function decoratorsIn(...expressions: readonly (string | undefined)[]): readonly string[] {
  return expressions.flatMap((one) => /^app\.(\w+)/.exec(one ?? '')?.[1] ?? []);
}

/** The member of the options of fastify-plugin, after others; empty for none. */
export function dependenciesOption(names: readonly string[]): string {
  return names.length === 0 ? '' : `, dependencies: [${printStrings(names)}]`;
}

function provides(survey: Survey, path: RelPath, name: string): boolean {
  const from = Object.hasOwn(decorating, name) ? decorating[name] : undefined;
  let found = false;
  walk(survey.tree(path), (node) => {
    if (!ts.isCallExpression(node)) return !found;
    const member = memberOf(node.expression);
    const [first] = node.arguments;
    if (member === 'decorate') found ||= stringOf(first) === name;
    if (member === 'register' && first !== undefined)
      found ||= from?.test(importedBy(first)?.from ?? '') === true;
    return !found;
  });
  return found;
}

function nameOf(survey: Survey, path: RelPath): string | undefined {
  const found = survey.names.exported(path, 'default');
  if (found === undefined || !ts.isCallExpression(found.node)) return undefined;
  const { arguments: given, expression } = found.node;
  if (!isFastifyPlugin(expression)) return undefined;
  const options = given[1] && survey.names.value(given[1], found.file);
  if (options === undefined || !ts.isExpression(options.node)) return undefined;
  return survey.names.textOf(propertyOf(options.node, 'name'), options.file);
}
