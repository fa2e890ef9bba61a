import type { Style } from '../model/code-facts.ts';
import { type ObstacleCode, RefusalError } from '../model/obstacle.ts';
import { toRel } from '../model/paths.ts';
import { insertion, type TextChange } from '../model/text-change.ts';
import { ServiceDefinitions } from '../program/definitions.ts';
import { findDeclaration, importedBy, isDirective } from '../syntax/symbols.ts';
import { restyle } from '../render/restyle.ts';
import { lineOf, parseSource, ts } from '../syntax/tree.ts';
import { tokensOf } from '../syntax/tokens.ts';
import { eolAt, indentAt, lineEnd, sameLine, statementLineEnd } from './text-lines.ts';
import { callsIn } from '../syntax/calls.ts';

/** Put `statement` first in the body of the plugin function of a route file. `{{app}}` in it is the function's own name for the instance. */
export type HookWant = Readonly<{
  /** Exported or registered name of the function; 'default' for the default export. */
  plugin: string;
  statement: string;
}>;

/**
 * Puts a statement first in the body of a plugin function. [] when the body has it.
 * @throws RefusalError E_NO_SUCH_PLUGIN when there is no such function with a body and a name for the instance;
 * E_NOT_ENCAPSULATED when fastify-plugin wraps it, because the hook would then guard its siblings too.
 */
export function ensureHook(base: string, want: HookWant, style: Style): readonly TextChange[] {
  const source = parseSource('plugin.ts', base);
  const found = findPluginFunction(source, want.plugin);
  const line = found === undefined ? undefined : lineOf(source, found.node.getStart(source));
  if (found === undefined) throw refusal('E_NO_SUCH_PLUGIN', want, undefined, 'was not found in this file');
  if (found.kind === 'wrapped') {
    throw refusal(
      'E_NOT_ENCAPSULATED',
      want,
      line,
      'is wrapped by fastify-plugin, so a hook in it would also guard its siblings',
    );
  }
  if (found.kind === 'unclear')
    throw refusal('E_NO_SUCH_PLUGIN', want, line, 'is created by a call that cannot be analysed');
  const { body, parameters } = found.node;
  const [instance] = parameters;
  if (instance === undefined || !ts.isIdentifier(instance.name)) {
    throw refusal('E_NO_SUCH_PLUGIN', want, line, 'has no parameter for the instance');
  }
  if (body === undefined || !ts.isBlock(body))
    throw refusal('E_NO_SUCH_PLUGIN', want, line, 'has no block body');
  const statement = want.statement.replaceAll('{{app}}', instance.name.text);
  return hasStatement(source, body, statement)
    ? []
    : [insertFirst(source, body, styled(statement, style), style)];
}

function styled(statement: string, style: Style): string {
  return restyle(statement, { ...style, eol: '\n', finalNewline: false });
}

function hasStatement(source: ts.SourceFile, body: ts.Block, statement: string): boolean {
  const wanted = meaning(parseSource('hook.ts', statement));
  return body.statements.some((each) => meaning(each, source) === wanted);
}

/** The tokens, without comments, quotes, semicolons and trailing commas. */
function meaning(node: ts.Node, source?: ts.SourceFile): string {
  const texts = tokensOf(node, source).map(({ text }) => text);
  const kept = texts.filter((text) => text !== ';' && !/^\/[/*]/.test(text));
  return kept
    .map((text) => text.replace(/^["'](.*)["']$/s, '"$1"'))
    .join(' ')
    .replace(/ , ([)\]}])/g, ' $1');
}

function insertFirst(source: ts.SourceFile, body: ts.Block, statement: string, style: Style): TextChange {
  const { text } = source;
  const directives = body.statements.filter(isDirective);
  const first = body.statements[directives.length];
  const open = body.getStart(source) + 1;
  const last = directives.at(-1);
  const anchor = last?.getEnd() ?? open;
  const eol = eolAt(text, anchor, style.eol);
  const outer = indentAt(text, body.getEnd() - 1);
  if (first !== undefined && sameLine(source, anchor, first.getStart(source))) {
    const semicolon = statement.endsWith(';') ? '' : ';';
    return insertion(anchor, ` ${statement.replaceAll('\n', eol)}${semicolon}`);
  }
  const indent = first === undefined ? outer + style.indent : indentAt(text, first.getStart(source));
  const lines = `${eol}${indent}${statement.replaceAll('\n', eol + indent)}`;
  if (first === undefined && sameLine(source, anchor, body.getEnd()))
    return insertion(anchor, `${lines}${eol}${outer}`);
  const comments = ts.getTrailingCommentRanges(text, anchor);
  const end =
    last === undefined ? lineEnd(text, comments?.at(-1)?.end ?? anchor) : statementLineEnd(source, last);
  const isGlued = first !== undefined && !/^\r?\n[ \t]*\r?\n/.test(text.slice(end)) && !isHook(first);
  return insertion(end, isGlued ? lines + eol : lines);
}

function isHook(statement: ts.Statement): boolean {
  return /^[\w.#]+\.addHook\(/.test(statement.getText());
}

function refusal(code: ObstacleCode, want: HookWant, line: number | undefined, reason: string): RefusalError {
  const name = want.plugin === 'default' ? 'The default export' : want.plugin;
  return new RefusalError({
    code,
    message: `${name}${line === undefined ? '' : ` (line ${String(line)})`} ${reason}.`,
    remedy: 'Guard these routes by hand, or omit them from --protect.',
    manual: want.statement.replaceAll('{{app}}', 'app'),
  });
}

type PluginFunction = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration;

/** What a plugin's name resolves to: a function, a function wrapped by fastify-plugin, or something not understood. */
type FoundPlugin =
  | Readonly<{ kind: 'function'; node: PluginFunction }>
  | Readonly<{ kind: 'wrapped'; node: ts.Node }>
  | Readonly<{ kind: 'unclear'; node: ts.Node }>;

/** Finds a plugin function of a file by its name or as the default export; undefined when there is neither. */
function findPluginFunction(source: ts.SourceFile, name: string): FoundPlugin | undefined {
  const file = toRel(source.fileName);
  const names = new ServiceDefinitions({ tree: () => source }, () => undefined);
  const exported = (as: string): ts.Node | undefined => names.exported(file, as)?.node;
  const declared = findDeclaration(source.endOfFileToken, name);
  const given = declared !== undefined && ts.isVariableDeclaration(declared) && declared.initializer;
  const local = given ? names.value(given, file)?.node : declared;
  // An importer may have given the default export a name of its own.
  const node = exported(name) ?? local ?? exported('default');
  return node === undefined ? undefined : resolvePlugin(node);
}

function resolvePlugin(node: ts.Node): FoundPlugin {
  if (ts.isCallExpression(node))
    return { kind: isFastifyPlugin(node.expression) ? 'wrapped' : 'unclear', node };
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node) && !ts.isFunctionDeclaration(node))
    return { kind: 'unclear', node };
  const inner = returnedFunction(node);
  return inner === undefined ? { kind: 'function', node } : resolvePlugin(inner);
}

/** A factory such as `(service) => async (app) => {…}`: the plugin is what it returns. */
function returnedFunction({ body }: PluginFunction): ts.Expression | undefined {
  const last = body !== undefined && ts.isBlock(body) ? body.statements.at(-1) : body;
  const value = last !== undefined && ts.isReturnStatement(last) ? last.expression : last;
  return value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value))
    ? value
    : undefined;
}

/** By its import, or by its usual names. */
function isFastifyPlugin(callee: ts.Expression): boolean {
  return (
    /^(?:fp|fastifyPlugin)$/.test(callee.getText()) || importedBy(callee, 'fastify-plugin') !== undefined
  );
}

/**
 * The route call on a 1-based line. What else changes the file may move it: `url` is where the route
 * answers, and the call whose path is its end is the one, on whichever line. `mayMiss`: the service's own tests register the
 * route without the denylist.
 */
export type LogoutWant = Readonly<{ line: number; url?: string; mayMiss?: boolean }>;

/**
 * Revokes the caller's token first in an inline logout handler; [] when it does already.
 * @throws RefusalError E_NO_REGISTRATION_PLACE
 */
export function ensureLogout(base: string, want: LogoutWant, style: Style): readonly TextChange[] {
  const source = parseSource('logout.ts', base);
  const call =
    findByUrl(source, want.url) ??
    callsIn(source).find((one) => lineOf(source, one.getStart()) === want.line);
  if (base.includes('.revokeRequest(')) return [];
  const handler = call === undefined ? undefined : handlerOf(call);
  if (call === undefined || handler === undefined) throw cannot('it has no inline handler', want.line);
  const isAsync = handler.modifiers?.some((modifier) => modifier.getText() === 'async') === true;
  if (!isAsync) throw cannot('its handler is not async', want.line);
  const [request] = handler.parameters;
  const { body } = handler;
  if (request === undefined || !ts.isIdentifier(request.name))
    throw cannot('its handler has no request parameter', want.line);
  if (request.name.text.startsWith('_'))
    throw cannot('its handler marks the request parameter as unused', want.line);
  if (!ts.isBlock(body)) throw cannot('its handler has no block body', want.line);

  const instance = ts.isPropertyAccessExpression(call.expression)
    ? call.expression.expression.getText()
    : 'app';
  const semicolon = style.semicolons ? ';' : '';
  const asked = want.mayMiss === true ? `if (${instance}.hasDecorator('tokenBlacklist')) ` : '';
  const statement = `${asked}await ${instance}.tokenBlacklist.revokeRequest(${request.name.text})${semicolon}`;
  const [first] = body.statements;
  const open = body.getStart() + 1;
  if (first === undefined) return [insertion(open, ` ${statement} `)];
  if (lineOf(source, first.getStart()) === lineOf(source, open))
    return [insertion(first.getStart(), `${statement} `)];
  const eol = eolAt(base, open, style.eol);
  return [insertion(open, `${eol}${indentAt(base, first.getStart())}${statement}`)];
}

function findByUrl(source: ts.SourceFile, url: string | undefined): ts.CallExpression | undefined {
  const [only, other] = callsIn(source).filter(({ arguments: [first, handler], expression }) => {
    const isMember = handler !== undefined && ts.isPropertyAccessExpression(expression);
    const path = isMember && first !== undefined && ts.isStringLiteralLike(first) ? first.text : '';
    return path.length > 1 && url?.endsWith(path) === true;
  });
  return other === undefined ? only : undefined;
}

function handlerOf(call: ts.CallExpression): ts.ArrowFunction | ts.FunctionExpression | undefined {
  const last = call.arguments.at(-1);
  if (last === undefined) return undefined;
  return ts.isArrowFunction(last) || ts.isFunctionExpression(last) ? last : undefined;
}

function cannot(reason: string, line: number): RefusalError {
  return new RefusalError({
    code: 'E_NO_REGISTRATION_PLACE',
    at: { path: '', line },
    message: `The logout route (line ${String(line)}) was not changed: ${reason}.`,
    remedy: 'Revoke the token there by hand.',
  });
}
