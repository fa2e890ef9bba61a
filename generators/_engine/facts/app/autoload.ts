import type { AutoloadFact } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { propertyOf, unwrap } from '../../syntax/expressions.ts';
import { findFolder } from './folders.ts';
import { autoloadedPlugins, type LoadedFolder } from '../routes/autoload-routes.ts';
import type { Survey } from '../../program/survey.ts';
import type { Use } from '../../syntax/uses.ts';

/** The folders that uses of an instance give to @fastify/autoload, in order. */
export function autoloadsOf(survey: Survey, uses: readonly Use[], file: RelPath): readonly LoadedFolder[] {
  return uses.flatMap(({ call, kind }) => {
    const [plugin, options] = call.arguments;
    if (
      kind !== 'register' ||
      plugin === undefined ||
      options === undefined ||
      !isAutoload(survey, plugin, file)
    )
      return [];
    const dirOption = propertyOf(optionsObject(survey, options, file), 'dir');
    const dir = dirOption === undefined ? undefined : findFolder(survey, dirOption, file);
    return dir === undefined ? [] : [factOf(survey, optionsObject(survey, options, file), dir, file)];
  });
}

function isAutoload(survey: Survey, plugin: ts.Expression, file: RelPath): boolean {
  const bare = unwrap(plugin);
  if (!ts.isIdentifier(bare)) return false;
  return /^(@fastify\/autoload|fastify-autoload)$/.test(survey.names.importOf(bare, file)?.from ?? '');
}

function optionsObject(survey: Survey, options: ts.Expression, file: RelPath): ts.Expression {
  const found = survey.names.value(options, file);
  return found !== undefined && ts.isExpression(found.node) ? found.node : options;
}

function factOf(survey: Survey, options: ts.Expression, dir: RelPath, file: RelPath): LoadedFolder {
  const isOn = (name: string): boolean => propertyOf(options, name)?.kind === ts.SyntaxKind.TrueKeyword;
  const isOff = (name: string): boolean => propertyOf(options, name)?.kind === ts.SyntaxKind.FalseKeyword;
  const fact: AutoloadFact = {
    dir,
    holds: 'routes',
    dirNameRoutePrefix: !isOff('dirNameRoutePrefix'),
    autoHooks: isOn('autoHooks'),
    prefix: survey.names.textOf(propertyOf(propertyOf(options, 'options'), 'prefix'), file) ?? '',
  };
  const loaded = {
    ...fact,
    routeParams: isOn('routeParams'),
    ignored: patternsOf(options, ['ignorePattern', 'ignoreFilter']),
    wanted: patternsOf(options, ['matchFilter']),
  };
  return {
    ...loaded,
    holds: namedHolding(dir) ?? (autoloadedPlugins(survey, loaded).length > 0 ? 'routes' : 'plugins'),
  };
}

/** What a folder is for by its name: a plugin with a route or two does not make `plugins/app` one of routes. */
function namedHolding(dir: RelPath): AutoloadFact['holds'] | undefined {
  const named = dir.split('/').findLast((segment) => /^(routes|modules|plugins)$/.test(segment));
  if (named === undefined) return undefined;
  return named === 'plugins' ? 'plugins' : 'routes';
}

/**
 * A pattern of a repository that cannot go back and forth: no group is repeated, and nothing is more than twice. What
 * another one leaves out is not known.
 */
function isPlain(pattern: string): boolean {
  const repeats = pattern.match(/[*+]|\{\d*,/g) ?? [];
  return pattern.length <= 300 && repeats.length <= 2 && !/\)[*+{?]|\\[1-9k]/.test(pattern);
}

/** Literal patterns; a filter that is a function says nothing that can be read. */
function patternsOf(options: ts.Expression, names: readonly string[]): readonly RegExp[] {
  return names.flatMap((name) => {
    const value = propertyOf(options, name);
    const match = value === undefined ? null : /^\/(.*)\/([a-z]*)$/s.exec(value.getText());
    try {
      return match === null || !isPlain(match[1] ?? '') ? [] : [new RegExp(match[1] ?? '', match[2])];
    } catch {
      return [];
    }
  });
}
