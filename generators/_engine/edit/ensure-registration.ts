import type { Style } from '../model/code-facts.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { insertion, type TextChange } from '../model/text-change.ts';
import { findNode, lineOf, parseSource, ts } from '../syntax/tree.ts';
import { callsIn } from '../syntax/calls.ts';
import {
  chainRoot,
  classifyUse,
  comesFirst,
  findScopes,
  registeredName,
  type RegistrationWant,
  type Scope,
} from './registration-scopes.ts';
import {
  appendElements,
  eolAt,
  indentAt,
  lineEnd,
  sameLine,
  startWithComments,
  statementLineEnd,
} from './text-lines.ts';

/**
 * Registers a plugin on the instance of an app file, beside its siblings and before anything listens. [] when it is
 * registered already. @throws RefusalError E_NO_REGISTRATION_PLACE with the lines to add by hand
 */
export function ensureRegistration(
  base: string,
  want: RegistrationWant,
  style: Style,
): readonly TextChange[] {
  const source = parseSource('app.ts', base);
  const registered = findRegistration(source, want.plugin);
  if (registered !== undefined) return ensureOptions(source, registered, want);
  const chained = registerInChain(source, want, callText(want).slice(want.app.binding.length + 1), style);
  if (chained !== undefined) return [chained];
  const scopes = findScopes(source, want);
  const scope = chooseScope(scopes, want);
  const place = scope && findPlace(scope, want);
  if (scope === undefined || place === undefined)
    throw new RefusalError(noPlace(source, scopes, want, style));
  const call = mayBeMissing(source, scope, want.app.binding)
    ? callText(want).replace('.register(', '?.register(')
    : callText(want);
  const text = `${keyword(scope, want.app.binding)}${call}${style.semicolons ? ';' : ''}`;
  return [
    place.side === 'after'
      ? after(source, place.statement, text, style)
      : before(source, place.statement, text, style),
  ];
}

/** A field that is declared as nullable, in code that neither sets it nor uses it as it is. */
function mayBeMissing(source: ts.SourceFile, { block, instantiation }: Scope, binding: string): boolean {
  const [, name] = /^this\.(#?\w+)$/.exec(binding) ?? [];
  if (name === undefined || instantiation !== undefined) return false;
  const isSure = new RegExp(`^(?:await |void )?${binding.replace('.', '\\.')}(?:\\.| =)`);
  const isUsed = block.statements.some((one) => isSure.test(one.getText(source)));
  const isNullable = (node: ts.Node): boolean =>
    ts.isPropertyDeclaration(node) &&
    node.name.getText(source) === name &&
    (node.questionToken !== undefined || /\b(?:null|undefined)\b/.test(node.type?.getText(source) ?? ''));
  return !isUsed && findNode(source, isNullable) !== undefined;
}

function callText({ app, plugin, options }: RegistrationWant): string {
  return `${app.binding}.register(${plugin}${options === undefined ? '' : `, { ${options} }`})`;
}

type Position = Readonly<{ side: 'before' | 'after'; statement: ts.Statement }>;

function findPlace(scope: Scope, want: RegistrationWant): Position | undefined {
  const { position } = want;
  const list: readonly ts.Statement[] = scope.block.statements;
  const indexes = (kind: string): readonly number[] =>
    scope.uses.filter((use) => use.kind === kind).map(({ statement }) => list.indexOf(statement));
  const [routes, plugins] = [indexes('route'), indexes('plugin')];
  const created = scope.instantiation === undefined ? -1 : list.indexOf(scope.instantiation);
  // What listens before the instance is made is something else.
  const ends = [...indexes('end'), list.findIndex(ts.isReturnStatement)].filter((index) => index > created);
  const limit = Math.min(...ends, ...(position === 'routes' ? [] : routes), list.length);
  const needs = scope.uses.filter(({ node }) => comesFirst(node, want));
  const last = needs.map(({ statement }) => statement).at(-1);
  if (last !== undefined && list.indexOf(last) >= limit) return { side: 'after', statement: last };
  const wanted = position === 'routes' && routes.length > 0 ? routes : plugins;
  const above = [...wanted, created].filter((index) => index >= 0 && index < limit);
  const anchor = list[wanted.length > 0 ? Math.max(...above) : Math.max(...above, lastSetUp(scope, limit))];
  if (anchor !== undefined) return { side: 'after', statement: anchor };
  const next = list[limit];
  return next && { side: 'before', statement: next };
}

/** The last hook, decorator or setting above `limit`, for an instance that has no plugins yet; -1 for none. */
function lastSetUp({ block, instantiation }: Scope, limit: number): number {
  if (instantiation === undefined || !ts.isVariableStatement(instantiation)) return -1;
  const name = instantiation.declarationList.declarations[0]?.name.getText() ?? '';
  return block.statements.findLastIndex(
    (each, index) =>
      index < limit && ts.isExpressionStatement(each) && chainRoot(each.expression).getText() === name,
  );
}

/** `await ` or `void ` as the siblings have it; without siblings nothing, which Fastify allows everywhere. */
function keyword(scope: Scope, binding: string): string {
  const siblings = scope.uses
    .filter(({ node }) => isRegisterOn(node, binding))
    .map(({ statement }) => statement);
  const last = siblings.at(-1);
  if (last === undefined || !ts.isExpressionStatement(last)) return '';
  if (ts.isAwaitExpression(last.expression)) return 'await ';
  return ts.isVoidExpression(last.expression) ? 'void ' : '';
}

function isRegisterOn(node: ts.Node, binding: string): boolean {
  return ts.isCallExpression(node) && node.expression.getText() === `${binding}.register`;
}

function after(source: ts.SourceFile, statement: ts.Statement, text: string, style: Style): TextChange {
  const { parent } = statement;
  if (ts.isBlock(parent) && sameLine(source, parent.getEnd(), statement.getEnd())) {
    return insertion(
      statement.getEnd(),
      `${style.semicolons || statement.getText().endsWith(';') ? '' : ';'} ${text}`,
    );
  }
  const end = statementLineEnd(source, statement);
  const eol = eolAt(source.text, end, style.eol);
  const gap =
    sameLine(source, statement.getStart(source), statement.getEnd()) && !ts.isVariableStatement(statement)
      ? ''
      : eol;
  return insertion(end, `${eol}${gap}${indentAt(source.text, statement.getStart(source))}${text}`);
}

function before(source: ts.SourceFile, statement: ts.Statement, text: string, style: Style): TextChange {
  const start = startWithComments(source, statement);
  const eol = eolAt(source.text, start, style.eol);
  return insertion(start, `${text}${eol}${eol}${indentAt(source.text, start)}`);
}

function noPlace(
  source: ts.SourceFile,
  scopes: readonly Scope[],
  want: RegistrationWant,
  style: Style,
): Obstacle {
  const looked = scopes.map(({ block }) => `line ${String(lineOf(source, block.getStart(source)))}`);
  const where =
    looked.length === 0
      ? `nothing declares ${want.app.binding}`
      : `looked at the code from ${looked.join(', ')}`;
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    message: `Found no place to register ${want.plugin} on ${want.app.binding} (${where}).`,
    remedy:
      'Register it by hand next to the other plugins and run the command again: it detects the registration.',
    manual: `${callText(want)}${style.semicolons ? ';' : ''}`,
  };
}

/**
 * Adds a call to the chain on an instance without a name, `fastify(options).register(a).get(…)`: after the last
 * sibling, or after the last plugin before the routes. Undefined when there is no such chain.
 */
function registerInChain(
  source: ts.SourceFile,
  want: RegistrationWant,
  call: string,
  style: Style,
): TextChange | undefined {
  const [root, ...members] = findChain(source, want);
  if (root === undefined) return undefined;
  const named = { ...want, app: { ...want.app, binding: root.getText(source) } };
  const kinds = members.map((member) => classifyUse(member, named));
  const needed = members.findLastIndex((member) => comesFirst(member, want));
  const limit = kinds.findIndex(
    (kind, index) => index > needed && (kind === 'end' || (kind === 'route' && want.position !== 'routes')),
  );
  const reached = kinds.slice(0, limit < 0 ? kinds.length : limit);
  const route = want.position === 'routes' ? reached.lastIndexOf('route') : -1;
  const sibling = route >= 0 ? route : Math.max(needed, reached.lastIndexOf('plugin'));
  const anchor = members[sibling >= 0 ? sibling : reached.length - 1] ?? root;
  return insertAfter(source, anchor, `.${call}`, style);
}

/** The call that makes the instance and the longest chain on it, from the inside out; [] without one. */
function findChain(source: ts.SourceFile, { app }: RegistrationWant): readonly ts.CallExpression[] {
  const made = callsIn(source).filter((one) => `${one.expression.getText(source)}()` === app.binding);
  const chains = made.map(chainOn).filter(({ length }) => length > 1);
  return chains.toSorted((a, b) => b.length - a.length).at(0) ?? [];
}

function chainOn(call: ts.CallExpression): readonly ts.CallExpression[] {
  const { parent } = call;
  const isLink = ts.isPropertyAccessExpression(parent) && ts.isCallExpression(parent.parent);
  return isLink && parent.parent.expression === parent ? [call, ...chainOn(parent.parent)] : [call];
}

/** On a line of its own where the chain has one a call, past a comment at the end of the line. */
function insertAfter(
  source: ts.SourceFile,
  anchor: ts.CallExpression,
  text: string,
  style: Style,
): TextChange {
  const { text: base } = source;
  const { expression, parent } = anchor;
  const end = anchor.getEnd();
  const link = ts.isPropertyAccessExpression(parent) ? parent : expression;
  const dot = ts.isPropertyAccessExpression(link) ? link.name.getStart(source) : end;
  if (ts.isPropertyAccessExpression(link) && sameLine(source, link.expression.getEnd(), dot)) {
    return insertion(end, text);
  }
  const eol = eolAt(base, end, style.eol);
  const at = parent === link ? lineEnd(base, end) : end;
  return insertion(at, `${eol}${indentAt(base, dot)}${text}`);
}

/** The list of statements that a registration goes into. */
function chooseScope(scopes: readonly Scope[], want: RegistrationWant): Scope | undefined {
  return want.position === 'guard' ? guardScope(scopes, want) : usualScope(scopes);
}

/** Where the last thing is that a guard needs, else the first that may have routes. */
function guardScope(scopes: readonly Scope[], want: RegistrationWant): Scope | undefined {
  const needs = scopes.filter(({ uses }) => uses.some(({ node }) => comesFirst(node, want)));
  const start = ({ uses }: Scope): number =>
    Math.min(...uses.filter(({ kind }) => kind === 'route').map(({ node }) => node.getEnd()));
  const open = scopes.filter(({ uses }) => uses.some(({ kind }) => kind === 'route'));
  return needs.at(-1) ?? open.toSorted((a, b) => start(a) - start(b)).at(0) ?? usualScope(scopes);
}

/** Where routes are, else where plugins are, else where the instance is made. */
function usualScope(scopes: readonly Scope[]): Scope | undefined {
  const count = (scope: Scope, ...kinds: readonly string[]): number =>
    scope.uses.filter(({ kind }) => kinds.includes(kind)).length;
  const most = (...kinds: readonly string[]): Scope | undefined =>
    scopes
      .filter((scope) => count(scope, ...kinds) > 0)
      .toSorted((a, b) => count(b, ...kinds) - count(a, ...kinds))
      .at(0);
  return (
    most('route') ??
    most('plugin') ??
    scopes.find(({ instantiation }) => instantiation !== undefined) ??
    most('end') ??
    scopes[0]
  );
}

/** The call that registers a plugin of that name. */
function findRegistration(source: ts.SourceFile, plugin: string): ts.CallExpression | undefined {
  return callsIn(source, 'register').find(({ arguments: [first] }) => registeredName(first) === plugin);
}

/** Adds the options that a registration lacks; the user may have changed their values, but not left them out. */
function ensureOptions(
  source: ts.SourceFile,
  { arguments: given }: ts.CallExpression,
  { app, options, plugin }: RegistrationWant,
): readonly TextChange[] {
  const key = options === undefined ? undefined : /^\w+/.exec(options)?.[0];
  const [first, second] = given;
  if (options === undefined || key === undefined || first === undefined) return [];
  if (second === undefined) return [insertion(first.getEnd(), `, { ${options} }`)];
  if (new RegExp(`\\b${key}\\b`).test(second.getText(source))) return [];
  throw new RefusalError({
    code: 'E_NO_REGISTRATION_PLACE',
    message: `${plugin} is already registered (line ${String(lineOf(source, first.getStart(source)))}), without ${key}.`,
    remedy: 'Add this option to the registration by hand.',
    manual: `${app.binding}.register(${plugin}, { ${options} });`,
  });
}

/**
 * Gives a plugin that is registered already one option more. [] when it has it, whatever its value; undefined when the
 * plugin is not registered here, or its options are no object literal.
 */
export function ensureRegistrationOption(
  base: string,
  want: Readonly<{ plugin: string; key: string; value: string }>,
  style: Style,
): readonly TextChange[] | undefined {
  const source = parseSource('app.ts', base);
  const [plugin, options] = findRegistration(source, want.plugin)?.arguments ?? [];
  if (plugin === undefined) return undefined;
  const text = `${want.key}: ${want.value}`;
  if (options === undefined) return [insertion(plugin.getEnd(), `, { ${text} }`)];
  if (!ts.isObjectLiteralExpression(options)) return undefined;
  const isThere = options.properties.some((property) => property.name?.getText(source) === want.key);
  return isThere ? [] : appendElements(source, options, [text], style);
}
