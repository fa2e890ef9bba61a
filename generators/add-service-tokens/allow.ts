import { appendElements, eolAt } from '../_engine/edit/text-lines.ts';
import { registeredName } from '../_engine/edit/registration-scopes.ts';
import { allowedServices } from '../_engine/facts/auth/allowed-services.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import type { RoutePlugin } from '../_engine/model/app-facts.ts';
import type { Style } from '../_engine/model/code-facts.ts';
import { type Obstacle, type Place, RefusalError } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import { insertion, type TextChange } from '../_engine/model/text-change.ts';
import { findPluginFunction } from '../_engine/program/plugin-functions.ts';
import type { Survey } from '../_engine/program/survey.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { callsIn } from '../_engine/syntax/calls.ts';
import { isFunctionNode, propertyOf, stringOf, unwrap } from '../_engine/syntax/expressions.ts';
import { printString, printStrings } from '../_engine/syntax/print.ts';
import { findNode, parseSource, placeOf, ts } from '../_engine/syntax/tree.ts';

/**
 * Lists services where a plugin gets a context of its own: among the options of its registration, or in what
 * @fastify/autoload registers it with. @throws RefusalError E_NO_REGISTRATION_PLACE, E_NOT_ENCAPSULATED
 */
export function allow(draft: Draft, survey: Survey, plugin: RoutePlugin, names: readonly string[]): void {
  const { autoloaded, file, name } = plugin;
  if (autoloaded && file !== undefined) {
    draft.patch(file, 'registration', (base) => allowAutoloaded(base, file, name, names));
    return;
  }
  const path = registrationOf(survey, plugin);
  draft.patch(path, 'registration', (base) => {
    const style = detectStyle([base]);
    const [call] = registrations(parseSource(path, base), name);
    return call === undefined ? [] : allowRegistered(call, { path, name, names, style });
  });
}

/** The file of the only registration by that name, which has to be one that gives it a context. */
function registrationOf(survey: Survey, { name }: RoutePlugin): RelPath {
  const found = survey
    .filesMatching(/\bregister\b/)
    .flatMap((path) => registrations(survey.tree(path), name).map((call) => ({ path, call })));
  const [only, ...more] = found;
  const [first] = only?.call.arguments ?? [];
  if (only === undefined || first === undefined || more.length > 0)
    throw new RefusalError(
      noSingleRegistration(
        name,
        found.map(({ call, path }) => placeOf(call, path)),
      ),
    );
  if (findPluginFunction(survey, first, only.path)?.shared !== false)
    throw new RefusalError(notEncapsulated(name, placeOf(only.call, only.path)));
  return only.path;
}

function registrations(source: ts.SourceFile, name: string): readonly ts.CallExpression[] {
  return callsIn(source, 'register').filter(({ arguments: [first] }) => {
    const given = first && unwrap(first);
    const own = given && isFunctionNode(given) ? given.name?.getText(source) : registeredName(first);
    return own === name;
  });
}

interface Allowed {
  readonly path: RelPath;
  /** Of the plugin. */
  readonly name: string;
  readonly names: readonly string[];
  readonly style: Style;
}

function allowRegistered(call: ts.CallExpression, allowed: Allowed): readonly TextChange[] {
  const [plugin, options] = call.arguments;
  if (plugin === undefined) return [];
  if (options !== undefined) return allowAmong(call.getSourceFile(), options, allowed);
  return [insertion(plugin.getEnd(), `, { ${optionText(allowed)} }`)];
}

/** In an object of options, which has one list: more names go into it. */
function allowAmong(source: ts.SourceFile, given: ts.Expression, allowed: Allowed): readonly TextChange[] {
  const options = unwrap(given);
  if (!ts.isObjectLiteralExpression(options)) throw new RefusalError(noOptions(source, given, allowed));
  const value = propertyOf(options, allowedServices);
  if (value === undefined) return appendElements(source, options, [optionText(allowed)], allowed.style);
  const list = unwrap(value);
  if (!ts.isArrayLiteralExpression(list)) throw new RefusalError(noOptions(source, value, allowed));
  const known = list.elements.map((one) => stringOf(one));
  const missing = allowed.names.filter((name) => !known.includes(name));
  const texts = missing.map((name) => printString(name, allowed.style.quote));
  return missing.length === 0 ? [] : appendElements(source, list, texts, allowed.style);
}

function optionText({ names, style }: Allowed): string {
  return `${allowedServices}: [${printStrings(names, style.quote)}]`;
}

/** @fastify/autoload registers a plugin with what its file exports as `autoConfig`. */
function allowAutoloaded(
  base: string,
  path: RelPath,
  name: string,
  names: readonly string[],
): readonly TextChange[] {
  const source = parseSource(path, base);
  const style = detectStyle([base]);
  const allowed = { path, name, names, style };
  const config = exportedConfig(source);
  if (config !== undefined) return allowAmong(source, config, allowed);
  // Other ways to set it would come before an export, or replace it.
  const place = { path, line: 1 };
  if (/\bautoConfig\b/.test(base) || findNode(source, isExportEquals) !== undefined)
    throw new RefusalError(noConfig(place, allowed));
  const last = source.statements.findLast(ts.isImportDeclaration);
  if (last === undefined) throw new RefusalError(noConfig(place, allowed));
  const eol = eolAt(base, last.getEnd(), style.eol);
  const text = `export const autoConfig = { ${optionText(allowed)} }${style.semicolons ? ';' : ''}`;
  return [insertion(last.getEnd(), `${eol}${eol}${text}`)];
}

function isExportEquals(node: ts.Node): boolean {
  return ts.isExportAssignment(node) && node.isExportEquals === true;
}

function exportedConfig(source: ts.SourceFile): ts.Expression | undefined {
  const exported = source.statements
    .filter(ts.isVariableStatement)
    .filter(({ modifiers }) => modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true)
    .flatMap(({ declarationList }) => declarationList.declarations);
  return exported.find(({ name }) => name.getText(source) === 'autoConfig')?.initializer;
}

function noSingleRegistration(name: string, places: readonly Place[]): Obstacle {
  const where = places.map(({ line, path }) => `${path}:${String(line)}`).join(' and ');
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    ...(places[0] !== undefined && { at: places[0] }),
    message: `${name} is registered ${where === '' ? 'by no call that names it' : `at several places, ${where}`}: the list of its services belongs to one registration.`,
    remedy:
      'Write the list by hand where it is meant, and run the command again without --allow and --protect.',
    manual: `app.register(${name}, { ${allowedServices}: ['jobs-service'] });`,
  };
}

/** Why a plugin cannot have a list: it would be that of others too. */
export function notEncapsulated(name: string, at?: Place): Obstacle {
  return {
    code: 'E_NOT_ENCAPSULATED',
    ...(at !== undefined && { at }),
    message: `${name} has no context of its own: its routes are on the instance of their siblings, which a list of services would open too.`,
    remedy:
      'Register it as a plugin, app.register(plugin), without fastify-plugin, and run the command again.',
  };
}

function noOptions(source: ts.SourceFile, given: ts.Node, { name, names, path }: Allowed): Obstacle {
  const { line } = source.getLineAndCharacterOfPosition(given.getStart(source));
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at: { path, line: line + 1 },
    message: `The options of ${name} (line ${String(line + 1)}) are not written out, so nothing can be added to them.`,
    remedy: 'Add the list by hand, and run the command again without --allow and --protect.',
    manual: `${allowedServices}: [${printStrings(names)}]`,
  };
}

function noConfig(at: Place, { name, names }: Allowed): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at,
    message: `The file of ${name}, which @fastify/autoload registers, has no place for the option: it sets autoConfig in another way than by export const, or has no import or no default export.`,
    remedy: 'Export it by hand, and run the command again without --allow and --protect.',
    manual: `export const autoConfig = { ${allowedServices}: [${printStrings(names)}] };`,
  };
}
